//! The GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1) and what looks like it.

/// Septets that a character takes: 1 in the default alphabet, 2 in the extension table
/// (after an escape), `None` if it is in neither.
pub(super) const fn septets(c: char) -> Option<usize> {
    match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | ' ' | '\n' | '\r' => Some(1),
        '!' | '"' | '#' | '¤' | '%' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | '-' | '.' | '/' => Some(1),
        ':' | ';' | '<' | '=' | '>' | '?' | '@' | '£' | '$' | '¥' | '_' | '¡' | '¿' | '§' => Some(1),
        'è' | 'é' | 'ù' | 'ì' | 'ò' | 'à' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Æ' | 'æ' | 'ß' | 'É' => {
            Some(1)
        }
        'Ä' | 'Ö' | 'Ñ' | 'Ü' | 'ä' | 'ö' | 'ñ' | 'ü' => Some(1),
        'Δ' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' => Some(1),
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' | '\u{c}' => Some(2),
        _ => None,
    }
}

/// What stands in for a character.
pub(super) enum LookAlike {
    /// Itself.
    Same,
    /// One or several plain characters, or nothing.
    Text(&'static str),
}

impl LookAlike {
    /// The characters to write for `c`.
    pub(super) fn chars(self, c: char) -> impl Iterator<Item = char> {
        let (own, text) = match self {
            Self::Same => (Some(c), ""),
            Self::Text(text) => (None, text),
        };
        own.into_iter().chain(text.chars())
    }
}

/// The plain form of a typographic character. Accented letters stay: taking an accent off
/// changes words.
pub(super) const fn look_alike(c: char) -> LookAlike {
    LookAlike::Text(match c {
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' | 'ʼ' | '＇' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' | '＂' => "\"",
        '‹' => "<",
        '›' => ">",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' => "-",
        '…' => "...",
        '•' | '·' | '∙' => "-",
        '⁄' | '∕' => "/",
        '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{2028}' | '\u{2029}' | '\u{85}' => "\n",
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' => "",
        _ => return LookAlike::Same,
    })
}
