//! What was written where: values as a tree in which every key and value remembers its place.
//!
//! All layers of a configuration are merged into one such tree before it is read as
//! settings. Lists of tables (`[[connections]]`) of several files are put together; all
//! other lists, like single values, replace what an earlier layer said.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file (an index into the list of files), at these bytes.
    File(usize, Range<usize>),
    /// In an environment variable of that name.
    Environment(String),
    /// In a flag of the command.
    Flag(&'static str),
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where its key was written; for elements of lists, where it begins.
    pub key: Origin,
    /// Where the value itself was written.
    pub value: Origin,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Keys and values.
    Table(BTreeMap<String, Node>),
    /// Values in order.
    List(Vec<Node>),
    /// Text, a number, or true or false.
    Leaf(Value),
}

/// One step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A key of a table.
    Key(String),
    /// An element of a list.
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Segment {
    fn from(at: usize) -> Self {
        Self::Index(at)
    }
}

/// A way to a value: `way!["connections", 0, "carrier"]`.
macro_rules! way {
    ($($segment:expr),* $(,)?) => { vec![$($crate::config::tree::Segment::from($segment)),*] };
}
pub(crate) use way;

impl Node {
    /// An empty table that nobody wrote.
    pub const fn empty() -> Self {
        Self { key: Origin::File(0, 0..0), value: Origin::File(0, 0..0), kind: Kind::Table(BTreeMap::new()) }
    }

    /// A single value from outside any file.
    pub fn leaf(origin: Origin, value: Value) -> Self {
        Self { key: origin.clone(), value: origin, kind: Kind::Leaf(value) }
    }

    /// A parsed file.
    pub fn of_file(file: usize, table: &Spanned<DeTable<'_>>) -> Self {
        let origin = Origin::File(file, table.span());
        Self { key: origin.clone(), value: origin, kind: table_of(file, table.get_ref()) }
    }

    /// A value that was written in TOML somewhere else: all of it has that place.
    pub fn of_text(origin: &Origin, value: &DeValue<'_>) -> Self {
        let mut node = Self { key: origin.clone(), value: origin.clone(), kind: kind_of(0, value) };
        node.relocate(origin);
        node
    }

    fn relocate(&mut self, origin: &Origin) {
        self.key = origin.clone();
        self.value = origin.clone();
        match &mut self.kind {
            Kind::Table(table) => table.values_mut().for_each(|node| node.relocate(origin)),
            Kind::List(list) => list.iter_mut().for_each(|node| node.relocate(origin)),
            Kind::Leaf(_) => {}
        }
    }

    /// The value below, if it is there.
    pub fn child(&self, segment: &Segment) -> Option<&Self> {
        match (&self.kind, segment) {
            (Kind::Table(table), Segment::Key(key)) => table.get(key),
            (Kind::List(list), Segment::Index(at)) => list.get(*at),
            _ => None,
        }
    }

    fn child_mut(&mut self, segment: &Segment) -> Option<&mut Self> {
        match (&mut self.kind, segment) {
            (Kind::Table(table), Segment::Key(key)) => table.get_mut(key),
            (Kind::List(list), Segment::Index(at)) => list.get_mut(*at),
            _ => None,
        }
    }

    /// The value at `path`.
    pub fn get(&self, path: &[Segment]) -> Option<&Self> {
        path.iter().try_fold(self, |node, segment| node.child(segment))
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, path: &[Segment]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, segment| node.child_mut(segment))
    }

    /// The value at `path`, or the nearest one around it.
    pub fn nearest(&self, path: &[Segment]) -> &Self {
        let mut node = self;
        for segment in path {
            match node.child(segment) {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }

    /// A text at `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.child(&Segment::from(key))?.kind {
            Kind::Leaf(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Takes the value at `path` out.
    pub fn take(&mut self, path: &[Segment]) -> Option<Self> {
        let (last, parents) = path.split_last()?;
        match (&mut self.get_mut(parents)?.kind, last) {
            (Kind::Table(table), Segment::Key(key)) => table.remove(key),
            (Kind::List(list), Segment::Index(at)) if *at < list.len() => Some(list.remove(*at)),
            _ => None,
        }
    }

    /// Puts `node` at `path`, with tables on the way as needed; a number on the way names an
    /// element that is there already. `false` if the way is blocked by another kind of value.
    pub fn put(&mut self, path: &[Segment], node: Self) -> bool {
        let Some((first, rest)) = path.split_first() else {
            *self = node;
            return true;
        };
        match (&mut self.kind, first) {
            (Kind::Table(table), Segment::Key(key)) => {
                let empty = || Self { kind: Kind::Table(BTreeMap::new()), ..node.clone() };
                table.entry(key.clone()).or_insert_with(empty).put(rest, node)
            }
            (Kind::List(list), Segment::Index(at)) => {
                list.get_mut(*at).is_some_and(|child| child.put(rest, node))
            }
            _ => false,
        }
    }

    /// Lays a later layer over this one.
    pub fn merge(&mut self, over: Self) {
        match (&mut self.kind, over.kind) {
            (Kind::Table(table), Kind::Table(over)) => {
                for (key, node) in over {
                    match table.get_mut(&key) {
                        Some(under) => under.merge(node),
                        None => drop(table.insert(key, node)),
                    }
                }
            }
            (Kind::List(list), Kind::List(over)) if are_tables(list) && are_tables(&over) => {
                list.extend(over);
            }
            (_, kind) => *self = Self { kind, key: over.key, value: over.value },
        }
    }

    /// As JSON.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Table(table) => {
                let entries = table.iter().map(|(key, node)| (key.clone(), node.to_value()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
            Kind::List(list) => Value::Array(list.iter().map(Self::to_value).collect()),
            Kind::Leaf(value) => value.clone(),
        }
    }
}

fn are_tables(list: &[Node]) -> bool {
    list.iter().all(|node| matches!(node.kind, Kind::Table(_)))
}

fn table_of(file: usize, table: &DeTable<'_>) -> Kind {
    let entries = table.iter().map(|(key, value)| {
        let node = Node {
            key: Origin::File(file, key.span()),
            value: Origin::File(file, value.span()),
            kind: kind_of(file, value.get_ref()),
        };
        (key.get_ref().to_string(), node)
    });
    Kind::Table(entries.collect())
}

fn kind_of(file: usize, value: &DeValue<'_>) -> Kind {
    let leaf = match value {
        DeValue::Table(table) => return table_of(file, table),
        DeValue::Array(array) => {
            let element = |value: &Spanned<DeValue<'_>>| {
                let origin = Origin::File(file, value.span());
                Node { key: origin.clone(), value: origin, kind: kind_of(file, value.get_ref()) }
            };
            return Kind::List(array.iter().map(element).collect());
        }
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(flag) => Value::from(*flag),
        // Numbers that JSON cannot hold (inf, nan, beyond 64 bits) stay text: whoever wants a
        // number refuses them.
        DeValue::Integer(number) => {
            let (text, radix) = (number.as_str(), number.radix());
            i64::from_str_radix(text, radix).map_or_else(|_| Value::from(number.to_string()), Value::from)
        }
        DeValue::Float(number) => {
            let parsed = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            parsed.map_or_else(|| Value::from(number.to_string()), Value::Number)
        }
        DeValue::Datetime(time) => Value::from(time.to_string()),
    };
    Kind::Leaf(leaf)
}
