//! What a text is about: spam, intent, language, mood. Offline and explainable; "unknown"
//! where a method does not apply.

use omni_core::account::Account;
use serde::Serialize;

/// The seeds' `contentAnalysis`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentAnalysis {
    /// It holds one of the account's blocked words.
    pub spam: bool,
    /// `positive`, `neutral`, `negative`, or `unknown` (other languages than English).
    pub sentiment: &'static str,
    /// The account's intents whose words it holds.
    pub intent: Vec<String>,
    /// ISO 639-3 code, or `unknown` for short texts.
    pub language: &'static str,
}

/// Shorter texts say too little about their language.
const SHORTEST_FOR_LANGUAGE: usize = 16;

const POSITIVE: &[&str] = &[
    "thanks",
    "thank",
    "great",
    "good",
    "love",
    "perfect",
    "excellent",
    "happy",
    "awesome",
    "nice",
    "wonderful",
    "amazing",
    "helpful",
    "appreciate",
    "glad",
];
const NEGATIVE: &[&str] = &[
    "bad",
    "terrible",
    "awful",
    "angry",
    "hate",
    "worst",
    "broken",
    "unacceptable",
    "disappointed",
    "useless",
    "horrible",
    "annoyed",
    "wrong",
    "complaint",
    "never",
    "rude",
];

/// Analyses `text` with the words of `account`.
pub fn analyse(account: &Account, text: &str) -> ContentAnalysis {
    let words = words(text);
    let holds = |phrase: &String| holds_phrase(&words, phrase);
    let language = language(text);
    ContentAnalysis {
        spam: account.blocked_words.iter().any(holds),
        sentiment: sentiment(&words, language),
        intent: account
            .intents
            .iter()
            .filter(|i| i.words.iter().any(holds))
            .map(|i| i.name.clone())
            .collect(),
        language,
    }
}

/// The words of a text, in lower case.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether `phrase` stands in `words` as whole words.
pub fn holds_phrase(words: &[String], phrase: &str) -> bool {
    let phrase = self::words(phrase);
    !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase)
}

fn language(text: &str) -> &'static str {
    if text.chars().filter(|c| c.is_alphabetic()).count() < SHORTEST_FOR_LANGUAGE {
        return "unknown";
    }
    whichlang::detect_language(text).three_letter_code()
}

fn sentiment(words: &[String], language: &str) -> &'static str {
    if !matches!(language, "eng" | "unknown") {
        return "unknown";
    }
    let count = |list: &[&str]| words.iter().filter(|word| list.contains(&word.as_str())).count();
    match count(POSITIVE).cmp(&count(NEGATIVE)) {
        std::cmp::Ordering::Greater => "positive",
        std::cmp::Ordering::Equal => "neutral",
        std::cmp::Ordering::Less => "negative",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_text_is_about() {
        let mut account = Account::new("acme".parse().unwrap(), "main".parse().unwrap());
        account.blocked_words = vec!["free crypto".into()];
        let cases = [
            ("I want my money back, where is my REFUND?", false, "neutral", "billing"),
            ("Get FREE   crypto now", true, "neutral", ""),
            ("thanks, great delivery", false, "positive", "order"),
            ("this is terrible and my order is wrong", false, "negative", "order,complaint"),
            ("refunded", false, "neutral", ""),
            ("", false, "neutral", ""),
        ];
        for (text, spam, sentiment, intent) in cases {
            let found = analyse(&account, text);
            assert_eq!(
                (found.spam, found.sentiment, found.intent.join(",").as_str()),
                (spam, sentiment, intent),
                "{text}"
            );
        }
        assert_eq!(analyse(&account, "Wo ist meine Bestellung geblieben, bitte?").language, "deu");
    }
}
