//! The layers of a configuration, put together and read as settings.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use omni_core::problem::{self, Code, did_you_mean};
use serde_json::Value;
use toml::de::DeTable;

use super::report::{Mistake, Place, Report, Severity, Source, place};
use super::tree::{Kind, Node, Origin, Segment, way};
use super::{Config, DataConfig, check, env, secrets};

/// Most mistakes that are looked for.
const MOST: usize = 100;

/// Flags that beat every other layer.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--data`
    pub data: Option<PathBuf>,
}

/// A configuration without mistakes, and where its values came from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings; secrets in files and variables are still only named.
    pub config: Config,
    /// Where each of them was written.
    pub layers: Layers,
    /// What works but is probably not meant so.
    pub warnings: Vec<Mistake>,
}

/// Where settings were written.
#[derive(Debug)]
pub struct Layers {
    /// Where relative paths start: the directory of `omni.toml`.
    pub base: PathBuf,
    /// `omni.toml` and `conf.d/*.toml`.
    pub sources: Vec<Source>,
    /// Everything that was written.
    pub root: Node,
    /// Tenants, accounts and connections that could not be read: naming one is no mistake of
    /// its own.
    pub lost: BTreeSet<String>,
    /// Lists that lost an element: that they are empty now is no mistake of its own.
    pub thinned: BTreeSet<String>,
}

/// What was read; `None` if it is beyond reading.
struct Written {
    config: Option<Config>,
    layers: Layers,
}

impl Config {
    /// Loads and checks everything that can be checked offline.
    ///
    /// # Errors
    /// Every mistake, each with its place.
    pub fn load(path: &Path, overrides: Overrides) -> Result<Loaded, Report> {
        let (read, mut mistakes) = Self::read(path, overrides)?;
        if let Some(config) = read.config {
            let layers = read.layers;
            mistakes.extend(check::everything(&config, &layers));
            let (errors, warnings): (Vec<_>, Vec<_>) =
                mistakes.into_iter().partition(|mistake| mistake.severity == Severity::Error);
            if errors.is_empty() {
                let mut report = Report { mistakes: warnings };
                report.sort();
                return Ok(Loaded { config, layers, warnings: report.mistakes });
            }
            mistakes = errors;
        }
        let mut report = Report { mistakes };
        report.sort();
        Err(report)
    }

    /// Reads what is written, and what of it cannot be read as settings; nothing is checked.
    fn read(path: &Path, overrides: Overrides) -> Result<(Written, Vec<Mistake>), Report> {
        let base = base(path);
        let (sources, mut root) = read_files(path, &base)?;
        let mut mistakes = env::apply(&mut root, env::variables(), &base);
        flags(&mut root, overrides);
        let mut layers = Layers { base, sources, root, lost: BTreeSet::new(), thinned: BTreeSet::new() };
        let config = typed(&mut layers, &mut mistakes);
        let config = config.map(|config| completed(config, &layers.base));
        Ok((Written { config, layers }, mistakes))
    }

    /// What is set, whether it could be served or not: a secret that is missing here may be
    /// there where the server runs. What is not served is told as warnings.
    ///
    /// # Errors
    /// What cannot be read as settings at all.
    pub fn load_to_show(path: &Path) -> Result<Loaded, Report> {
        let refused = match Self::load(path, Overrides::default()) {
            Ok(loaded) => return Ok(loaded),
            Err(refused) => refused,
        };
        match Self::read(path, Overrides::default()) {
            Ok((Written { config: Some(config), layers }, mistakes)) if mistakes.is_empty() => {
                Ok(Loaded { config, layers, warnings: refused.mistakes })
            }
            _ => Err(refused),
        }
    }

    /// The data directory, without a look at anything else: no secret and no variable of a
    /// carrier needs to be there.
    ///
    /// # Errors
    /// Files that cannot be read as TOML, and a `data.dir` that is no path.
    pub fn data_dir(path: &Path) -> Result<PathBuf, Report> {
        let base = base(path);
        let (sources, mut root) = read_files(path, &base)?;
        let mut variables = env::variables();
        variables.retain(|(name, _)| env::is_of(name, &["DATA", "DIR"]));
        let mistakes = env::apply(&mut root, variables, &base);
        if !mistakes.is_empty() {
            return Err(Report { mistakes });
        }
        let dir = match root.get(&way!["data", "dir"]).map(|node| (&node.kind, &node.value)) {
            None => DataConfig::default().dir,
            Some((Kind::Leaf(Value::String(dir)), _)) => PathBuf::from(dir),
            Some((_, origin)) => {
                let place = place(&sources, origin);
                let message = "`data.dir` must be text, the path of the data directory";
                return Err(Report::of(Mistake::new(
                    problem::CONFIG_INVALID_VALUE,
                    "data.dir",
                    message,
                    place,
                )));
            }
        };
        Ok(base.join(dir))
    }
}

/// Where relative paths of a configuration start.
fn base(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Fills in what depends on other settings.
fn completed(mut config: Config, base: &Path) -> Config {
    config.data.dir = base.join(&config.data.dir);
    let server = &mut config.server;
    if server.public_url.is_empty() {
        let mut address = server.listen;
        if address.ip().is_unspecified() {
            address.set_ip([127, 0, 0, 1].into());
        }
        server.public_url = format!("http://{address}");
    }
    while server.public_url.ends_with('/') {
        server.public_url.pop();
    }
    for account in &mut config.accounts {
        if account.name.is_empty() {
            account.name = account.id.to_string();
        }
    }
    config
}

fn read_files(path: &Path, base: &Path) -> Result<(Vec<Source>, Node), Report> {
    let mut more: Vec<PathBuf> = std::fs::read_dir(base.join("conf.d"))
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    more.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    more.sort();
    let (mut sources, mut root, mut report) = (Vec::new(), Node::empty(), Report::default());
    for (at, path) in std::iter::once(path.to_owned()).chain(more).enumerate() {
        let text = secrets::read_file(&path).unwrap_or_else(|why| {
            let place = Place::outside(path.display().to_string());
            let mistake = Mistake::new(problem::CONFIG_NOT_FOUND, "", why, place);
            report.mistakes.push(mistake.help("`omni init` writes one; `omni dev` needs none"));
            String::new()
        });
        let source = Source { path, text };
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        let mut mistakes: Vec<_> = errors.iter().map(|error| syntax(&source, error)).collect();
        // One slip makes the parser stumble several times in its line.
        mistakes.dedup_by_key(|mistake| mistake.place.line);
        report.mistakes.extend(mistakes);
        let mut layer = Node::of_file(at, &table);
        if at == 0 {
            root = layer;
        } else {
            // An empty file must not take over the place of the whole.
            layer.value = root.value.clone();
            root.merge(layer);
        }
        sources.push(source);
    }
    if report.mistakes.is_empty() { Ok((sources, root)) } else { Err(report) }
}

fn syntax(source: &Source, error: &toml::de::Error) -> Mistake {
    let mut place = source.place(error.span().unwrap_or(0..0));
    // What a broken line holds is not known: it may be a secret.
    place.text = secrets::blanked(&place.text);
    let doubled = error.message().contains("duplicate key");
    let code = if doubled { problem::CONFIG_DUPLICATE } else { problem::CONFIG_SYNTAX };
    Mistake::new(code, "", error.message().trim(), place)
}

fn flags(root: &mut Node, overrides: Overrides) {
    if let Some(listen) = overrides.listen {
        root.put(&way!["server", "listen"], Node::leaf(Origin::Flag("--listen"), listen.to_string().into()));
    }
    if let Some(data) = overrides.data {
        // A flag's path starts where the command was typed.
        let data = std::path::absolute(&data).unwrap_or(data);
        let text = Value::from(data.to_string_lossy());
        root.put(&way!["data", "dir"], Node::leaf(Origin::Flag("--data"), text));
    }
}

impl Layers {
    /// The place of a setting's key, or of what is nearest around it.
    pub fn key(&self, path: &[Segment]) -> Place {
        self.shown(path, &self.root.nearest(path).key)
    }

    /// The place of a setting's value; of the nearest key around it, if it is not there.
    pub fn value(&self, path: &[Segment]) -> Place {
        match self.root.get(path) {
            Some(node) if matches!(node.kind, Kind::Leaf(_) | Kind::List(_)) => self.shown(path, &node.value),
            Some(node) => self.shown(path, &node.key),
            None => self.key(path),
        }
    }

    fn shown(&self, path: &[Segment], origin: &Origin) -> Place {
        let mut place = place(&self.sources, origin);
        let names_secret = place.text.split(['=', '{', ',', ' ']).any(secrets::is_secret_name);
        if names_secret || secrets::is_secret(path) {
            place.text = secrets::blanked(&place.text);
        }
        place
    }

    /// How people call a setting: `connections.wa-main.settings.access_token`.
    pub fn name(&self, path: &[Segment]) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut node = Some(&self.root);
        for segment in path {
            node = node.and_then(|node| node.child(segment));
            words.push(match segment {
                Segment::Key(key) => key.clone(),
                Segment::Index(at) => {
                    let id =
                        ["id", "stepId", "name"].iter().find_map(|key| node.and_then(|node| node.text(key)));
                    id.map_or_else(|| (at + 1).to_string(), str::to_owned)
                }
            });
        }
        words.join(".")
    }

    /// An error about the value at `path`.
    pub fn mistake(&self, code: Code, path: &[Segment], message: impl Into<String>) -> Mistake {
        Mistake::new(code, self.name(path), message, self.value(path))
    }
}

/// Reads everything written as settings. Each mistake is taken out and the rest read again,
/// until nothing is wrong any more: so all of them are found. `None` if there are too many.
fn typed(layers: &mut Layers, mistakes: &mut Vec<Mistake>) -> Option<Config> {
    let mut taken: Vec<Vec<Segment>> = Vec::new();
    for _ in 0..MOST {
        let error = match serde_path_to_error::deserialize(layers.root.to_value()) {
            Ok(config) => return Some(config),
            Err(error) => error,
        };
        let at = segments(error.path());
        let text = error.inner().to_string();
        if retried_as_toml(&mut layers.root, &at) {
            continue;
        }
        let Wrong { code, path, message, help, lacking, meant } = explain(layers, at, &text);
        // What was taken out as wrong is not missing.
        let follows = lacking.is_some_and(|key| {
            taken.iter().any(|taken| taken.strip_prefix(&*path) == Some(&[Segment::Key(key.clone())]))
        });
        if !follows {
            let place =
                if code == problem::CONFIG_UNKNOWN_KEY { layers.key(&path) } else { layers.value(&path) };
            let mistake = Mistake::new(code, layers.name(&path), message, place);
            mistakes.push(Mistake { help, ..mistake });
        }
        let removed = layers.root.take(&path)?;
        layers.lost.extend(removed.text("id").map(str::to_owned));
        if let Some((Segment::Index(_), list)) = path.split_last() {
            layers.thinned.insert(layers.name(list));
            // The elements behind it moved up.
            taken.retain(|taken| !taken.starts_with(list));
        }
        // Nor is what was only mistyped.
        taken.extend(meant.map(|key| {
            let parent = path.split_last().map(|(_, parent)| parent).unwrap_or_default();
            [parent, &way![key.as_str()]].concat()
        }));
        taken.push(path);
    }
    None
}

fn segments(path: &serde_path_to_error::Path) -> Vec<Segment> {
    let named = path.iter().filter_map(|segment| match segment {
        serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
        serde_path_to_error::Segment::Map { key } => Some(Segment::Key(key.clone())),
        serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => None,
    });
    named.collect()
}

/// A text from the environment may mean a number or a truth value.
fn retried_as_toml(root: &mut Node, at: &[Segment]) -> bool {
    let Some(node) = root.get_mut(at) else { return false };
    let (Origin::Environment(_), Kind::Leaf(Value::String(text))) = (&node.value, &node.kind) else {
        return false;
    };
    match env::parsed(&node.value, text) {
        Some(parsed) if !matches!(parsed.kind, Kind::Leaf(Value::String(_))) => {
            *node = parsed;
            true
        }
        _ => false,
    }
}

struct Wrong {
    code: Code,
    path: Vec<Segment>,
    message: String,
    help: Option<String>,
    /// The field that is missing at `path`.
    lacking: Option<String>,
    /// The field that an unknown one was probably meant to be.
    meant: Option<String>,
}

/// Turns serde's words into ours, and points the path at the key or value to blame.
fn explain(layers: &Layers, mut path: Vec<Segment>, text: &str) -> Wrong {
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let wrong = |code, path, message, help| Wrong { code, path, message, help, lacking: None, meant: None };
    match (text.split('`').next().unwrap_or_default().trim(), quoted.split_first()) {
        ("unknown field", Some((key, expected))) => {
            if path.last() != Some(&Segment::from(*key)) {
                path.push(Segment::from(*key));
            }
            let message = format!("there is no setting `{}`", layers.name(&path));
            let meant = did_you_mean(key, expected.iter().copied()).map(str::to_owned);
            Wrong { meant, ..wrong(problem::CONFIG_UNKNOWN_KEY, path, message, near(key, expected)) }
        }
        ("missing field", Some((key, _))) => {
            let what = layers.name(&path);
            let message = format!("`{what}` lacks the setting `{key}`");
            let lacking = Some((*key).to_owned());
            Wrong { code: problem::CONFIG_MISSING, path, message, help: None, lacking, meant: None }
        }
        ("unknown variant", Some((word, expected))) => {
            blame(layers, &mut path, |value| value.as_str() == Some(word));
            let message = format!("`{}` cannot be `{word}`", layers.name(&path));
            wrong(problem::CONFIG_INVALID_VALUE, path, message, near(word, expected))
        }
        _ => {
            let message = wrong_type(layers, &mut path, text);
            wrong(problem::CONFIG_INVALID_VALUE, path, message, None)
        }
    }
}

fn near(word: &str, expected: &[&str]) -> Option<String> {
    let near = did_you_mean(word, expected.iter().copied());
    let all = (!expected.is_empty()).then(|| format!("possible here: {}", expected.join(", ")));
    near.map(|near| format!("did you mean `{near}`?")).or(all)
}

/// Tagged values are read whole, so serde's path ends at the table around the mistake: finds
/// the one value in it that fits.
fn blame(layers: &Layers, path: &mut Vec<Segment>, fits: impl Fn(&Value) -> bool) {
    let Some(Node { kind: Kind::Table(table), .. }) = layers.root.get(path) else { return };
    let found = table.iter().find(|(_, node)| matches!(&node.kind, Kind::Leaf(value) if fits(value)));
    path.extend(found.map(|(key, _)| Segment::from(key.as_str())));
}

fn wrong_type(layers: &Layers, path: &mut Vec<Segment>, text: &str) -> String {
    let parts = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    let Some((got, expected)) = parts.and_then(|rest| rest.rsplit_once(", expected ")) else {
        let text =
            text.replace("invalid socket address syntax", "not an address with a port, like 127.0.0.1:7070");
        return format!("`{}`: {text}", layers.name(path));
    };
    blame(layers, path, |value| match value {
        Value::String(text) => got == format!("string {text:?}"),
        Value::Number(number) => got.ends_with(&format!("`{number}`")),
        Value::Bool(flag) => got == format!("boolean `{flag}`"),
        _ => false,
    });
    let got = match got.split_once(' ') {
        Some(("string", text)) if !secrets::is_secret(path) => format!("the text {text}"),
        Some(("string", _)) => "text".to_owned(),
        Some(("integer" | "floating", number)) => {
            format!("the number {}", number.trim_start_matches("point ").trim_matches('`'))
        }
        Some(("boolean", flag)) => flag.trim_matches('`').to_owned(),
        _ if got == "map" => "a table".to_owned(),
        _ if got == "sequence" => "a list".to_owned(),
        _ => got.to_owned(),
    };
    let expected = match expected {
        "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i32" | "i64" => "a whole number",
        "f64" => "a number",
        "a string" | "a borrowed string" => "text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a table",
        other if other.starts_with("struct ") || other.contains("enum ") => "a table",
        other => other,
    };
    format!("`{}` must be {expected}, not {got}", layers.name(path))
}
