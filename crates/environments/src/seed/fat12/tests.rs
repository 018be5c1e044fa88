//! What the writer writes, read back by a reader of this test's own; `tests/seed_programs.rs` has it read by mtools and fsck.
use super::*;

fn half(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

/// The files of a volume, by their long names.
fn files_of(volume: &[u8]) -> Vec<(String, Vec<u8>)> {
    let cluster = usize::from(volume[13]) * SECTOR;
    let sectors_per_fat = half(volume, 22);
    let root = (RESERVED + FATS * sectors_per_fat) * SECTOR;
    let clusters = root + ROOT_ENTRIES * ENTRY;
    let fat = &volume[RESERVED * SECTOR..];
    let next = |number: usize| {
        let pair = half(fat, number * 3 / 2);
        if number.is_multiple_of(2) { pair & 0xFFF } else { pair >> 4 }
    };
    let (mut found, mut name) = (vec![], vec![]);
    for entry in volume[root..clusters].chunks(ENTRY).take_while(|entry| entry[0] != 0) {
        match entry[11] {
            LONG_NAME => {
                let places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
                let piece = places.iter().map(|place| u16::try_from(half(entry, *place)).unwrap());
                let piece: Vec<u16> = piece.take_while(|c| *c != 0 && *c != 0xFFFF).collect();
                name.splice(0..0, piece);
            }
            ARCHIVE => {
                let size = u32::from_le_bytes(entry[28..32].try_into().unwrap()) as usize;
                let (mut number, mut content) = (half(entry, 26), vec![]);
                while (2..0xFF8).contains(&number) {
                    let at = clusters + (number - 2) * cluster;
                    content.extend_from_slice(&volume[at..at + cluster]);
                    number = next(number);
                }
                assert!(content.len() < size + cluster);
                content.truncate(size);
                found.push((String::from_utf16(&std::mem::take(&mut name)).unwrap(), content));
            }
            LABEL_ENTRY => assert_eq!(&entry[..11], &volume[43..54], "both labels are the same"),
            other => panic!("{other:x}"),
        }
    }
    found
}

#[test]
fn files_of_every_size_come_back_under_their_long_names() {
    for size in [0, 1, 511, 512, 513, 40_000, 130_000, 2 << 20, (2 << 20) + 600_000, 20 << 20] {
        let large: Vec<u8> = (0..size).map(|i: usize| u8::try_from(i % 251).unwrap()).collect();
        let wanted = [
            ("user-data", &*large),
            ("meta-data", b"instance-id: i\n"),
            ("network-config", b""),
            ("thirteen-char", b"x"),
        ];
        let volume = volume("CIDATA", &wanted.map(|(name, content)| File { name, content })).unwrap();
        let found = files_of(&volume);
        assert!(
            found.iter().zip(wanted).all(|((n, c), (name, content))| n == name && c == content),
            "{size}"
        );
        assert_eq!(found.len(), wanted.len());
        assert_eq!(half(&volume, 19) * SECTOR, volume.len());
        let clusters =
            (volume.len() / SECTOR - RESERVED - FATS * half(&volume, 22) - 4) / usize::from(volume[13]);
        assert!(clusters < 4085, "a reader would take it for FAT16: {clusters}");
        assert!((clusters + 2) * 3 <= half(&volume, 22) * SECTOR * 2, "each cluster has its entry");
    }
}

#[test]
fn what_does_not_fit_is_no_volume() {
    let large = vec![0; 40 << 20];
    assert!(volume("CIDATA", &[File { name: "user-data", content: &large }]).is_none());
}

#[test]
fn the_same_files_give_the_same_bytes_and_others_another_serial_number() {
    let of = |content: &[u8]| volume("CIDATA", &[File { name: "user-data", content }]).unwrap();
    assert_eq!(of(b"a"), of(b"a"));
    assert_ne!(of(b"a")[39..43], of(b"b")[39..43]);
    assert_eq!(of(b"a").len(), 128 << 10);
}
