//! A small real ISO 9660 image with one file, which differs each time.
use std::io::Read;

const SECTOR: usize = 2048;
const ROOT: u32 = 20;
const FILE: u32 = 21;
const NAME: &[u8] = b"AGENT.TXT;1";

/// Random text, as the installer makes passwords.
pub(super) fn random_words() -> String {
    let mut bytes = [0_u8; 20];
    if let Ok(mut random) = std::fs::File::open("/dev/urandom") {
        let _ = random.read_exact(&mut bytes);
    }
    let letters: Vec<String> = bytes.iter().map(|byte| char::from(b'a' + byte % 26).to_string()).collect();
    letters.chunks(5).map(<[String]>::concat).collect::<Vec<_>>().join("-")
}

/// The image; `text` is the content of its file.
pub(super) fn iso(text: &str) -> Vec<u8> {
    let file = text.as_bytes();
    let sectors = FILE + 1;
    let mut image = vec![0; 16 * SECTOR];
    image.extend(volume(sectors));
    image.extend(sector(b"\xffCD001\x01"));
    // The path table: one folder, once for each order of bytes.
    for root in [ROOT.to_le_bytes(), ROOT.to_be_bytes()] {
        let number = if root == ROOT.to_le_bytes() { [1, 0] } else { [0, 1] };
        image.extend(sector(&[&[1, 0][..], &root, &number, &[0, 0]].concat()));
    }
    let itself = record(ROOT, SECTOR, true, &[0]);
    let parent = record(ROOT, SECTOR, true, &[1]);
    image.extend(sector(&[itself, parent, record(FILE, file.len(), false, NAME)].concat()));
    image.extend(sector(&file[..file.len().min(SECTOR)]));
    image
}

fn sector(content: &[u8]) -> Vec<u8> {
    let mut sector = content.to_vec();
    sector.resize(SECTOR, 0);
    sector
}

/// A number in both orders of bytes.
fn both(number: u32) -> Vec<u8> {
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

fn both_short(number: u16) -> Vec<u8> {
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

fn record(at: u32, length: usize, is_folder: bool, name: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap_or_default();
    let mut rest = [vec![0], both(at), both(length)].concat();
    rest.extend([126, 11, 29, 12, 0, 0, 0, if is_folder { 2 } else { 0 }, 0, 0]);
    rest.extend(both_short(1));
    rest.push(u8::try_from(name.len()).unwrap_or_default());
    rest.extend(name);
    if rest.len() % 2 == 0 {
        rest.push(0);
    }
    let whole = u8::try_from(rest.len() + 1).unwrap_or_default();
    [vec![whole], rest].concat()
}

/// The primary volume descriptor.
fn volume(sectors: u32) -> Vec<u8> {
    let padded = |text: &str, length: usize| format!("{text:length$}").into_bytes();
    let mut all = b"\x01CD001\x01\x00".to_vec();
    all.extend([padded("LINUX", 32), padded("rhcos-agent", 32)].concat());
    all.extend([0; 8]);
    all.extend(both(sectors));
    all.extend([0; 32]);
    all.extend([both_short(1), both_short(1), both_short(2048), both(10)].concat());
    all.extend([18_u32.to_le_bytes(), [0; 4], 19_u32.to_be_bytes(), [0; 4]].concat());
    all.extend(record(ROOT, SECTOR, true, &[0]));
    all.extend(padded("", 128 * 4 + 37 * 3));
    for _ in 0..4 {
        all.extend(padded("0000000000000000", 16));
        all.push(0);
    }
    all.extend([1, 0]);
    sector(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_its_magic_its_name_and_its_file() {
        let image = iso("hello");
        assert_eq!(&image[32_769..32_774], b"CD001");
        assert_eq!(&image[32_768 + 40..32_768 + 51], b"rhcos-agent");
        assert_eq!(&image[FILE as usize * SECTOR..][..5], b"hello");
        assert_eq!(image.len() % SECTOR, 0);
        assert_ne!(random_words(), random_words());
    }
}
