//! The settings of a carrier, from the source of its `Settings` and of the types in it.

use super::{source, table};

/// A type that settings are made of.
pub(crate) struct Struct {
    /// Its name.
    pub(crate) name: String,
    /// Its doc comment.
    pub(crate) doc: String,
    /// Its members, or the words of a choice.
    pub(crate) fields: Vec<Field>,
    is_enum: bool,
    rename_all: Option<String>,
    all_default: bool,
}

/// A member of such a type, or one word of a choice.
#[derive(Default)]
pub(crate) struct Field {
    /// As in the configuration.
    pub(crate) name: String,
    /// Its doc comment.
    pub(crate) doc: String,
    /// Whether a configuration without it is refused.
    pub(crate) required: bool,
    kind: String,
    default: Option<String>,
    is_default: bool,
}

/// The settings of a carrier first, then the types in them.
pub(crate) fn structs(carrier: &str) -> Vec<Struct> {
    let [account, settings] =
        ["account.rs", "settings.rs"].map(|name| source::find(carrier, name).unwrap_or_default());
    let code =
        [source::file(carrier, "mod.rs"), account, settings, source::shared("basic_auth.rs")].join("\n");
    let mut known: Vec<Struct> = vec![read(&code, "Settings").expect("every carrier has Settings")];
    let mut at = 0;
    while at < known.len() {
        let kinds: Vec<String> = known[at].fields.iter().map(|field| field.kind.clone()).collect();
        for word in kinds.iter().flat_map(|kind| kind.split(|c: char| !c.is_alphanumeric())) {
            if !word.is_empty()
                && known.iter().all(|one| one.name != word)
                && let Some(found) = read(&code, word)
            {
                known.push(found);
            }
        }
        at += 1;
    }
    known
}

/// The type of that name, if the source defines it.
fn read(code: &str, name: &str) -> Option<Struct> {
    let lines: Vec<&str> = code.lines().collect();
    let is_head = |line: &str, kind: &str| line == format!("pub {kind} {name} {{");
    let head = lines.iter().position(|line| is_head(line, "struct") || is_head(line, "enum"))?;
    let is_enum = is_head(lines[head], "enum");
    let above =
        lines[..head].iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
    let above: Vec<&str> = above.copied().collect::<Vec<_>>().into_iter().rev().collect();
    let attributes = above.iter().filter(|line| line.starts_with("#[serde")).copied().collect::<String>();
    let mut parsed = Struct {
        name: name.to_owned(),
        doc: doc_of(&above),
        fields: Vec::new(),
        is_enum,
        rename_all: quoted(&attributes, "rename_all = "),
        all_default: attributes.contains("(default,") || attributes.contains("(default)"),
    };
    let mut pending = Vec::new();
    for line in lines[head + 1..].iter().map(|line| line.trim()).take_while(|line| *line != "}") {
        pending.push(line);
        let is_note = line.starts_with("//") || line.starts_with("#[");
        if !is_note && line.ends_with(',') {
            parsed.fields.extend(field(&parsed, &pending, code));
            pending.clear();
        }
    }
    Some(parsed)
}

/// A member from its doc comment, attributes and declaration; `None` for one that is not
/// read from the configuration.
fn field(of: &Struct, lines: &[&str], code: &str) -> Option<Field> {
    let attributes: String = lines.iter().filter(|line| line.starts_with("#[")).copied().collect();
    if attributes.contains("skip)") {
        return None;
    }
    let declared = lines.last()?.trim_end_matches(',').trim_start_matches("pub ");
    let doc = doc_of(lines);
    if of.is_enum {
        let renamed = quoted(&attributes, "rename = ");
        let name = renamed.unwrap_or_else(|| cased(declared, of.rename_all.as_deref()));
        let is_default = attributes.contains("#[default]");
        return Some(Field { name, doc, is_default, ..Field::default() });
    }
    let (name, kind) = declared.split_once(": ")?;
    let by_function = quoted(&attributes, "default = ").map(|function| value_of(code, &function));
    let has_default = of.all_default || attributes.contains("serde(default");
    Some(Field {
        name: name.to_owned(),
        doc,
        required: !has_default && !kind.starts_with("Option<"),
        kind: kind.to_owned(),
        default: by_function,
        is_default: false,
    })
}

fn doc_of(lines: &[&str]) -> String {
    let docs = lines.iter().filter_map(|line| line.strip_prefix("///"));
    docs.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The text behind `name"`, up to the next quote.
fn quoted(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("{name}\""))?;
    Some(after.split('"').next()?.to_owned())
}

/// A word of a choice as in the configuration.
fn cased(name: &str, rule: Option<&str>) -> String {
    source::snake_case(name, if rule == Some("kebab-case") { '-' } else { '_' })
}

/// What a function that gives a default answers: its first text, or its number.
fn value_of(code: &str, function: &str) -> String {
    let (_, after) = code.split_once(&format!("fn {function}()")).expect("the default's function");
    let body = after.split_once('{').and_then(|(_, body)| body.split_once('}')).expect("its body").0.trim();
    if let Some(text) = quoted(body, "") {
        return format!("`{text}`");
    }
    let factors = body.split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>().ok());
    let product =
        factors.product::<Option<u64>>().unwrap_or_else(|| panic!("a default in other form: {body}"));
    format!("`{product}`")
}

/// The tables of a carrier's settings.
pub(crate) fn section(carrier: &str) -> String {
    let all = structs(carrier);
    let mut text = String::new();
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            text.push_str(&format!("\n### {}\n\n{}\n\n", one.name, one.doc));
        }
        let rows: Vec<Vec<String>> = one.fields.iter().map(|field| row(one, field, &all)).collect();
        let head: &[&str] =
            if one.is_enum { &["word", "meaning"] } else { &["setting", "what", "default", "meaning"] };
        text.push_str(&table(head, &rows));
    }
    text
}

fn row(of: &Struct, field: &Field, all: &[Struct]) -> Vec<String> {
    let name = format!("`{}`", field.name);
    if of.is_enum {
        let note = if field.is_default { " (default)" } else { "" };
        return vec![format!("{name}{note}"), field.doc.clone()];
    }
    vec![name, in_words(&field.kind, all), default(field, all), field.doc.clone()]
}

fn in_words(kind: &str, all: &[Struct]) -> String {
    let inside = |outer: &str| kind.strip_prefix(outer).and_then(|rest| rest.strip_suffix('>'));
    if let Some(inner) = inside("Option<") {
        return in_words(inner, all);
    }
    if let Some(inner) = inside("Vec<") {
        return format!("list: {}", in_words(inner, all));
    }
    if let Some(inner) = inside("BTreeMap<String, ") {
        return format!("table: {}", in_words(inner, all));
    }
    match kind {
        "String" => "text".into(),
        "Secret" => "secret".into(),
        "Url" => "URL".into(),
        "Cidr" => "address range".into(),
        "bool" => "yes or no".into(),
        "u64" => "number".into(),
        other if all.iter().any(|one| one.name == other) => {
            format!("[{other}](#{})", other.to_lowercase())
        }
        other => panic!("no word for the type {other}: add it here"),
    }
}

fn default(field: &Field, all: &[Struct]) -> String {
    if field.required {
        return "**required**".into();
    }
    if let Some(value) = &field.default {
        return if value == "``" { "empty".into() } else { value.clone() };
    }
    let kind = all.iter().find(|one| one.name == field.kind);
    if let Some(word) = kind.and_then(|kind| kind.fields.iter().find(|word| word.is_default)) {
        return format!("`{}`", word.name);
    }
    match field.kind.as_str() {
        "bool" => "`false`".into(),
        kind if kind.starts_with("Option<") => "none".into(),
        _ => "empty".into(),
    }
}
