//! Writes a small FAT12 volume: a label, and files with long names in its root folder. The same files give the same bytes.
//!
//! ```text
//! boot sector │ first FAT │ second FAT │ root folder: 64 entries │ clusters
//! ```
//!
//! The label is in the boot sector and in the root folder, since programs read one or the other. All dates are 1980-01-01, the first that
//! FAT has; the serial number is made from the content.
use crate::digest::sha256;

const SECTOR: usize = 512;
const ENTRY: usize = 32;
const ROOT_ENTRIES: usize = 64;
/// With more, readers would take it for FAT16.
const MOST_CLUSTERS: usize = 4084;
/// 128 KiB: as small as `cloud-localds` makes it.
const FEWEST_SECTORS: usize = 256;
/// A count of sectors has 16 bits.
const MOST_SECTORS: usize = 65_535;
const MOST_SECTORS_PER_CLUSTER: usize = 16;
const RESERVED: usize = 1;
const FATS: usize = 2;
const FIXED_DISK: u8 = 0xF8;
const LAST: u16 = 0xFFF;
const FIRST_DAY: [u8; 2] = 0x0021_u16.to_le_bytes();
const LABEL_ENTRY: u8 = 0x08;
const LONG_NAME: u8 = 0x0F;
const ARCHIVE: u8 = 0x20;
const CHARACTERS_PER_ENTRY: usize = 13;

/// A file in the root folder. Its name is ASCII, up to 8 of them may share their first 6 characters.
pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
    pub(crate) content: &'a [u8],
}

/// The bytes of the volume. `label` has at most 11 characters, upper case. None if the files don't fit on the largest FAT12 volume that is
/// written here (about 30 MiB).
pub(crate) fn volume(label: &str, files: &[File]) -> Option<Vec<u8>> {
    let layout = Layout::of(files)?;
    let mut label_field = [b' '; 11];
    label_field.iter_mut().zip(label.bytes()).for_each(|(to, from)| *to = from);
    let mut fat = vec![0xF00 | u16::from(FIXED_DISK), LAST];
    let mut root = entry(&label_field, LABEL_ENTRY, 0, 0).to_vec();
    let mut clusters = vec![];
    for (number, file) in files.iter().enumerate() {
        let count = file.content.len().div_ceil(layout.cluster);
        let first = if count == 0 { 0 } else { u16::try_from(fat.len()).ok()? };
        let short = short_name(file.name, number);
        root.extend(long_name_entries(file.name, &short).concat());
        root.extend_from_slice(&entry(&short, ARCHIVE, first, u32::try_from(file.content.len()).ok()?));
        for index in 1..=count {
            let next = u16::try_from(fat.len() + 1).ok()?;
            fat.push(if index == count { LAST } else { next });
        }
        clusters.extend_from_slice(file.content);
        clusters.resize(clusters.len().next_multiple_of(layout.cluster), 0);
    }
    root.resize(ROOT_ENTRIES * ENTRY, 0);
    let mut fat = packed(&fat);
    fat.resize(layout.sectors_per_fat * SECTOR, 0);
    let mut bytes = layout.boot_sector(&label_field, serial(&root, &clusters)).to_vec();
    (0..FATS).for_each(|_| bytes.extend_from_slice(&fat));
    bytes.extend_from_slice(&root);
    bytes.extend_from_slice(&clusters);
    bytes.resize(layout.sectors * SECTOR, 0);
    Some(bytes)
}

struct Layout {
    /// Bytes of a cluster.
    cluster: usize,
    sectors: usize,
    sectors_per_fat: usize,
}

impl Layout {
    fn of(files: &[File]) -> Option<Self> {
        let mut per_cluster = 1;
        loop {
            let cluster = per_cluster * SECTOR;
            let needed: usize = files.iter().map(|file| file.content.len().div_ceil(cluster)).sum();
            if needed <= MOST_CLUSTERS {
                // Each entry of a FAT takes a byte and a half; the first two are no clusters.
                let sectors_per_fat = ((FEWEST_SECTORS.max(needed) + 2) * 3).div_ceil(2).div_ceil(SECTOR);
                let before = RESERVED + FATS * sectors_per_fat + ROOT_ENTRIES * ENTRY / SECTOR;
                let sectors = (before + needed * per_cluster).max(FEWEST_SECTORS);
                return (sectors <= MOST_SECTORS).then_some(Layout { cluster, sectors, sectors_per_fat });
            }
            per_cluster *= 2;
            if per_cluster > MOST_SECTORS_PER_CLUSTER {
                return None;
            }
        }
    }

    fn boot_sector(&self, label: &[u8; 11], serial: [u8; 4]) -> [u8; SECTOR] {
        let half = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes();
        let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let mut sector = [0; SECTOR];
        let mut put = |at: usize, bytes: &[u8]| sector[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[0xEB, 0x3C, 0x90]);
        put(3, b"MSWIN4.1"); // the name that all readers accept
        put(11, &half(SECTOR));
        put(13, &[byte(self.cluster / SECTOR)]);
        put(14, &half(RESERVED));
        put(16, &[byte(FATS)]);
        put(17, &half(ROOT_ENTRIES));
        put(19, &half(self.sectors));
        put(21, &[FIXED_DISK]);
        put(22, &half(self.sectors_per_fat));
        put(24, &half(32)); // sectors of a track, and heads: nobody has them any more
        put(26, &half(2));
        put(36, &[0x80, 0, 0x29]); // first fixed disk; the three fields below are there
        put(39, &serial);
        put(43, label);
        put(54, b"FAT12   ");
        put(510, &[0x55, 0xAA]);
        sector
    }
}

fn serial(root: &[u8], clusters: &[u8]) -> [u8; 4] {
    let digest = sha256([root, clusters]);
    [digest[0], digest[1], digest[2], digest[3]]
}

fn entry(name: &[u8; 11], attributes: u8, first: u16, size: u32) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    entry[..11].copy_from_slice(name);
    entry[11] = attributes;
    for date in [16, 18, 24] {
        entry[date..date + 2].copy_from_slice(&FIRST_DAY);
    }
    entry[26..28].copy_from_slice(&first.to_le_bytes());
    entry[28..].copy_from_slice(&size.to_le_bytes());
    entry
}

/// `USER-D~1`: unique, since it holds the file's number.
fn short_name(name: &str, number: usize) -> [u8; 11] {
    let mut short = [b' '; 11];
    let upper = name.to_ascii_uppercase();
    short.iter_mut().zip(upper.bytes().take(6)).for_each(|(to, from)| *to = from);
    let length = upper.len().min(6);
    short[length] = b'~';
    short[length + 1] = b'1' + u8::try_from(number).unwrap_or(8).min(8);
    short
}

/// The entries before that of the short name, the end of the long name first.
fn long_name_entries(name: &str, short: &[u8; 11]) -> Vec<[u8; ENTRY]> {
    /// Where a character of the name is.
    const PLACES: [usize; CHARACTERS_PER_ENTRY] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
    const LAST_OF_NAME: u8 = 0x40;
    let checksum = short.iter().fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte));
    let mut characters: Vec<u16> = name.encode_utf16().collect();
    if !characters.len().is_multiple_of(CHARACTERS_PER_ENTRY) {
        characters.push(0);
    }
    let pieces = characters.chunks(CHARACTERS_PER_ENTRY).collect::<Vec<_>>();
    let count = pieces.len();
    let entry_of = |(index, piece): (usize, &&[u16])| {
        let mut entry = [0xFF; ENTRY];
        let number = u8::try_from(index + 1).unwrap_or(u8::MAX);
        entry[0] = if index + 1 == count { number | LAST_OF_NAME } else { number };
        entry[11] = LONG_NAME;
        entry[12] = 0;
        entry[13] = checksum;
        entry[26..28].fill(0);
        for (place, character) in PLACES.iter().zip(piece.iter()) {
            entry[*place..place + 2].copy_from_slice(&character.to_le_bytes());
        }
        entry
    };
    pieces.iter().enumerate().rev().map(entry_of).collect()
}

/// Two entries of 12 bits in three bytes.
fn packed(fat: &[u16]) -> Vec<u8> {
    let pair = |pair: &[u16]| {
        let both = u32::from(pair[0]) | u32::from(*pair.get(1).unwrap_or(&0)) << 12;
        let [first, second, third, _] = both.to_le_bytes();
        [first, second, third]
    };
    fat.chunks(2).flat_map(pair).collect()
}

#[cfg(test)]
mod tests;
