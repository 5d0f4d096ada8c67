//! Mail addresses in header fields (RFC 5322), as forgiving as mail has to be.

use omni_core::address::Address;

/// Most addresses that are read from one field.
const MOST: usize = 1_000;

/// One address with the name before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mailbox {
    /// The name on one line; anything that looks like a header stays words.
    pub(super) name: Option<String>,
    pub(super) address: Address,
}

/// Reads `Rosa <rosa@x>, "Díaz, R." <r@x> (work), plain@x`. What holds no address is left out.
pub(super) fn parse_list(field: &str) -> Vec<Mailbox> {
    let mut mailboxes = Vec::new();
    let mut item = Item::default();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        match (item.place, c) {
            (Place::Quoted, '\\') => item.push(chars.next().unwrap_or(' ')),
            (Place::Quoted, '"') => item.place = Place::Plain,
            (Place::Quoted, c) => item.push(c),
            (Place::Comment(depth), '(') => item.place = Place::Comment(depth.saturating_add(1)),
            (Place::Comment(depth), ')') => {
                item.place = if depth > 1 { Place::Comment(depth - 1) } else { Place::Plain };
            }
            (Place::Comment(_), _) => {}
            (Place::Angle, '>') => item.place = Place::Plain,
            (Place::Angle, c) => item.angle.get_or_insert_default().push(c),
            (Place::Plain, '"') => item.place = Place::Quoted,
            (Place::Plain, '(') => item.place = Place::Comment(1),
            (Place::Plain, '<') => {
                item.place = Place::Angle;
                item.angle = Some(String::new());
            }
            (Place::Plain, ',' | ';') => mailboxes.extend(std::mem::take(&mut item).finish()),
            // `Friends:` begins a group; its members follow.
            (Place::Plain, ':') if item.angle.is_none() => item = Item::default(),
            (Place::Plain, c) => item.push(c),
        }
        if mailboxes.len() >= MOST {
            return mailboxes;
        }
    }
    mailboxes.extend(item.finish());
    mailboxes
}

/// Reads one bare address; the domain in lower case.
pub(super) fn address(text: &str) -> Option<Address> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let (local, domain) = text.rsplit_once('@')?;
    let printable =
        |part: &str| !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control());
    let fits =
        text.len() <= 320 && printable(local) && printable(domain) && !domain.contains(['<', '>', ',']);
    fits.then(|| format!("{local}@{}", domain.to_lowercase()).into())
}

/// Collapses blanks and line ends, drops control characters, ends after 200 characters.
fn one_line(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(200).collect();
    (!line.is_empty()).then_some(line)
}

#[derive(Debug, Clone, Copy, Default)]
enum Place {
    #[default]
    Plain,
    Quoted,
    Comment(usize),
    Angle,
}

#[derive(Default)]
struct Item {
    place: Place,
    words: String,
    angle: Option<String>,
}

impl Item {
    fn push(&mut self, c: char) {
        self.words.push(c);
    }

    fn finish(self) -> Option<Mailbox> {
        match self.angle {
            Some(angle) => Some(Mailbox { name: one_line(&self.words), address: address(&angle)? }),
            None => Some(Mailbox { name: None, address: address(&self.words)? }),
        }
    }
}
