//! Into which waves the vehicles of a campaign are divided.

/// The sizes of waves, as Ansible's `serial` has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Waves(Vec<Size>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Size {
    Number(usize),
    /// Of all vehicles.
    Percent(f64),
}

impl Waves {
    /// Each is a number of vehicles such as `1`, or a share of all such as `10%`. An error is a sentence.
    pub fn parse<T: AsRef<str>>(sizes: &[T]) -> Result<Self, String> {
        let sizes = sizes.iter().map(|size| parse(size.as_ref())).collect::<Result<Vec<_>, _>>()?;
        if sizes.is_empty() {
            return Err("waves (in playbooks: hatci_waves) is empty. Give the size of at least one wave, such as 100%.".into());
        }
        Ok(Waves(sizes))
    }

    /// The number of vehicles in each wave. A share is rounded down, but no wave is empty; the last size is that of all further waves.
    pub fn of(&self, vehicles: usize) -> Vec<usize> {
        let (mut waves, mut left) = (vec![], vehicles);
        let mut sizes = self.0.iter();
        let mut size = sizes.next().copied().unwrap_or(Size::Percent(100.0));
        while left > 0 {
            let wanted = match size {
                Size::Number(number) => number,
                Size::Percent(percent) => share(percent, vehicles),
            };
            let wave = wanted.clamp(1, left);
            waves.push(wave);
            left -= wave;
            size = sizes.next().copied().unwrap_or(size);
        }
        waves
    }
}

fn parse(text: &str) -> Result<Size, String> {
    let text = text.trim();
    let size = match text.strip_suffix('%') {
        Some(percent) => {
            let percent = percent.trim().parse::<f64>().ok();
            percent.filter(|it| *it > 0.0 && *it <= 100.0).map(Size::Percent)
        }
        None => text.parse().ok().filter(|it| *it > 0).map(Size::Number),
    };
    size.ok_or_else(|| {
        format!("waves (in playbooks: hatci_waves): {text:?} is not the size of a wave. Give a number of vehicles such as 1, or a share such as 10%.")
    })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of fewer vehicles than 2^52, and never negative"
)]
fn share(percent: f64, vehicles: usize) -> usize {
    (percent / 100.0 * vehicles as f64 + 1e-9) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waves_are_cut_as_ansible_cuts_its_batches() {
        for (sizes, vehicles, waves) in [
            (&["1", "10%", "100%"][..], 200, &[1, 20, 179][..]),
            (&["1", "10%", "100%"], 1, &[1]),
            (&["1", "10%", "100%"], 3, &[1, 1, 1]),
            (&["30%"], 10, &[3, 3, 3, 1]),
            (&["2", "5"], 14, &[2, 5, 5, 2]),
            (&["100%"], 0, &[]),
            (&["50 %"], 2, &[1, 1]),
            (&["29%"], 100, &[29, 29, 29, 13]),
        ] {
            assert_eq!(Waves::parse(sizes).unwrap().of(vehicles), waves, "{sizes:?} of {vehicles}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["0", "-1", "0%", "101%", "many", "", "1.5", "NaN%"] {
            assert!(Waves::parse(&[text]).is_err(), "{text}");
        }
        assert!(Waves::parse::<&str>(&[]).is_err());
    }

    proptest! {
        #[test]
        fn every_vehicle_is_in_one_wave(sizes in prop::collection::vec(1..100usize, 1..5), vehicles in 0..2000usize) {
            for unit in ["", "%"] {
                let sizes: Vec<_> = sizes.iter().map(|size| format!("{size}{unit}")).collect();
                let waves = Waves::parse(&sizes).unwrap().of(vehicles);
                prop_assert_eq!(waves.iter().sum::<usize>(), vehicles);
                prop_assert!(!waves.contains(&0));
            }
        }
    }
}
