//! A carrier's own words, fit for our logs and our agents.

/// Longest text that is kept, in characters.
const LONGEST: usize = 200;

/// `text` on one line, at most 200 characters, with phone numbers (seven or more digits,
/// however grouped) and e-mail addresses masked: carriers quote recipients in their errors.
pub fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars().take(2 * LONGEST) {
        let c = if c.is_control() { ' ' } else { c };
        if c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '.') {
            run.push(c);
        } else {
            push_run(&mut out, &run);
            run.clear();
            out.push(c);
        }
    }
    push_run(&mut out, &run);
    let words: Vec<&str> =
        out.split_whitespace().map(|word| if word.contains('@') { "•••" } else { word }).collect();
    words.join(" ").chars().take(LONGEST).collect()
}

/// Writes what may be part of a number: masked if it is one.
fn push_run(out: &mut String, run: &str) {
    if run.bytes().filter(u8::is_ascii_digit).count() < 7 {
        out.push_str(run);
        return;
    }
    out.push_str(if run.starts_with(' ') { " •••" } else { "•••" });
    if run.ends_with(' ') {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_addresses_and_keeps_the_rest() {
        let cases = [
            ("(#131047) Re-engagement message", "(#131047) Re-engagement message"),
            ("The 'To' number +13035550177 is not valid.", "The 'To' number ••• is not valid."),
            ("to (303) 555-0177 now", "to ••• now"),
            ("mail rosa@customer.example bounced\n550", "mail ••• bounced 550"),
            ("", ""),
        ];
        for (text, expect) in cases {
            assert_eq!(masked(text), expect);
        }
        assert_eq!(masked(&"é".repeat(5_000)).chars().count(), LONGEST);
    }
}
