//! Vehicle identification numbers.
use crate::Error;
use std::fmt;

/// ISO 3779: seventeen characters.
const LENGTH: usize = 17;
/// The place of the check digit in North American numbers (49 CFR 565.15), counted from 0.
const CHECK_DIGIT: usize = 8;
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// A vehicle identification number, in capitals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vin(String);

impl Vin {
    /// Reads a number, whatever its case. Refuses what can't be one ([`Error::VinLength`], [`Error::VinCharacter`]); a wrong check digit,
    /// which is legal outside North America, is not refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let vin = text.trim().to_ascii_uppercase();
        let length = vin.chars().count();
        if length != LENGTH {
            return Err(Error::VinLength { vin, length });
        }
        if vin.chars().any(|c| value(c).is_none()) {
            return Err(Error::VinCharacter { vin });
        }
        Ok(Self(vin))
    }

    /// The check digit that would be right, if the number's own is not.
    pub fn wrong_check_digit(&self) -> Option<char> {
        let sum: u32 = self.0.chars().zip(WEIGHTS).filter_map(|(c, weight)| Some(weight * value(c)?)).sum();
        let right = char::from_digit(sum % 11, 10).unwrap_or('X');
        (self.0.chars().nth(CHECK_DIGIT) != Some(right)).then_some(right)
    }

    /// The number in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The value of a character in the check sum; `None` for those that no VIN has.
fn value(c: char) -> Option<u32> {
    Some(match c {
        '0'..='9' => u32::from(c) - u32::from('0'),
        'A'..='H' => u32::from(c) - u32::from('A') + 1,
        'J'..='N' => u32::from(c) - u32::from('J') + 1,
        'P' => 7,
        'R' => 9,
        'S'..='Z' => u32::from(c) - u32::from('S') + 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vin_is_read_in_any_case_and_its_check_digit_judged() {
        assert_eq!(Vin::parse(" 1hgbh41jxmn109186 ").unwrap().as_str(), "1HGBH41JXMN109186");
        assert_eq!(Vin::parse("1HGBH41JXMN109186").unwrap().wrong_check_digit(), None);
        assert_eq!(Vin::parse("1HGBH41J1MN109186").unwrap().wrong_check_digit(), Some('X'));
    }

    #[test]
    fn what_can_t_be_a_vin_is_refused() {
        for (text, says) in [
            ("", "has 0 characters instead of 17"),
            ("1HGBH41JXMN10918", "has 16 characters instead of 17"),
            ("1HGBH41JXMN10918O", "contains an invalid character"),
            ("1HGBH41JXMN10918é", "contains an invalid character"),
        ] {
            let error = Vin::parse(text).unwrap_err();
            assert_eq!(error.kind(), http_exchange::Kind::Invalid);
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
