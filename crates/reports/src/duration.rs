//! Durations as people read them.

/// `7.4 s`, `12 min 5 s`, `3 h 20 min`.
pub(crate) fn words(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // a test takes less than 500 billion years
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{:.1} s", seconds.max(0.0)),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, words) in [
            (0.0, "0.0 s"),
            (7.44, "7.4 s"),
            (59.4, "59 s"),
            (725.2, "12 min 5 s"),
            (12_000.0, "3 h 20 min"),
            (-1.0, "0.0 s"),
        ] {
            assert_eq!(super::words(seconds), words);
        }
    }
}
