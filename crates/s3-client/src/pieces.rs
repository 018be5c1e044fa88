//! How a file is divided into parts that S3 takes.

/// The smallest part that S3 takes, but for the last one of an upload.
pub const SMALLEST_PART: u64 = 5 << 20;
/// The largest part that S3 takes, and the largest object that is sent or copied in one piece.
pub const LARGEST_PART: u64 = 5 << 30;
/// How many parts an upload may have.
const MOST_PARTS: u64 = 10_000;

/// How a file is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pieces {
    of: u64,
    /// Of each but the last.
    pub(crate) size: u64,
    pub(crate) count: u64,
}

impl Pieces {
    pub(crate) fn of(of: u64, wanted: u64) -> Self {
        const MIB: u64 = 1 << 20;
        let mut size = wanted.clamp(SMALLEST_PART, LARGEST_PART);
        if of.div_ceil(size) > MOST_PARTS {
            size = of.div_ceil(MOST_PARTS).next_multiple_of(MIB);
        }
        Self { of, size, count: of.div_ceil(size) }
    }

    /// From 1.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        1..=u32::try_from(self.count).unwrap_or(u32::MAX)
    }

    /// Start and length of a piece.
    pub(crate) fn range(&self, number: u32) -> (u64, u64) {
        let start = u64::from(number - 1) * self.size;
        (start, self.size.min(self.of - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_divided_into_parts_that_the_server_takes() {
        const MIB: u64 = 1 << 20;
        let pieces = Pieces::of(33 * MIB, 16 * MIB);
        assert_eq!(pieces.count, 3);
        assert_eq!(pieces.range(1), (0, 16 * MIB));
        assert_eq!(pieces.range(3), (32 * MIB, MIB));
        // Not more than 10000.
        let many = Pieces::of(200_000 * MIB, 16 * MIB);
        assert_eq!((many.size, many.count), (20 * MIB, 10_000));
        assert_eq!(Pieces::of(160_000 * MIB, 16 * MIB).size, 16 * MIB);
    }
}
