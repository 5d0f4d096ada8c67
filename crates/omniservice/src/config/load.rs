//! The layers of a configuration, put together; every mistake of shape at once.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use omni_core::problem::{self, did_you_mean};
use serde_json::{Map, Value};

use super::report::{Place, Report, Segment, Source, dotted, mistake};
use super::{Config, Overrides, check, secrets};

/// Prefix of environment variables: `OMNI__SERVER__LISTEN`.
const PREFIX: &str = "OMNI__";
/// Most mistakes that are listed.
const MOST: usize = 100;

/// A configuration that can be used, and where its values came from.
pub struct Loaded {
    /// The configuration, secrets still as written.
    pub config: Config,
    /// The layers.
    pub layers: Layers,
}

/// The files and the rest, in order.
pub struct Layers {
    /// The directory that relative paths start from.
    pub base: PathBuf,
    /// `omni.toml` and `conf.d/*.toml`.
    pub sources: Vec<Source>,
    figment: Figment,
}

impl Layers {
    /// Where a setting is written.
    pub fn place(&self, path: &[Segment]) -> Place {
        if let Some(source) = self.sources.iter().rev().find(|source| source.has(path))
            && let Some(place) = source.find(path)
        {
            return place;
        }
        if self.origin(path) == "environment" {
            let name = format!("{PREFIX}{}", dotted(path).replace('.', "__").to_uppercase());
            return elsewhere(&format!("environment variable {name}"));
        }
        let nearest = self.sources.iter().rev().find_map(|source| source.find(path));
        nearest.unwrap_or_else(|| elsewhere("(not set)"))
    }

    /// `default`, a file's name, `environment` or `flag`.
    pub fn origin(&self, path: &[Segment]) -> String {
        let keys: Vec<String> = path
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => key.clone(),
                Segment::Index(at) => at.to_string(),
            })
            .collect();
        match self.figment.find_metadata(&keys.join(".")) {
            Some(metadata) => metadata.source.as_ref().map_or_else(
                || metadata.name.to_string(),
                |source| {
                    source
                        .file_path()
                        .map_or_else(|| metadata.name.to_string(), |path| path.display().to_string())
                },
            ),
            None => "default".to_owned(),
        }
    }
}

fn elsewhere(what: &str) -> Place {
    Place { file: what.to_owned(), line: 0, column: 0, text: String::new(), width: 0 }
}

impl Config {
    /// Loads and checks everything that can be checked offline.
    ///
    /// # Errors
    /// Every mistake, each with its place.
    pub fn load(path: &Path, overrides: Overrides) -> Result<Loaded, Report> {
        let loaded = Self::read(path, overrides)?;
        let mut report = check::everything(&loaded);
        if report.is_clean() {
            return Ok(loaded);
        }
        report.sort();
        Err(report)
    }

    /// Loads; only the shape is checked.
    fn read(path: &Path, overrides: Overrides) -> Result<Loaded, Report> {
        let layers = read_layers(path, overrides)?;
        let value: Value = layers.figment.extract().map_err(|error| {
            let place = elsewhere("(configuration)");
            Report { mistakes: vec![mistake(problem::CONFIG_SYNTAX, &[], error.to_string(), None, place)] }
        })?;
        let (config, mut report) = typed(value, &layers);
        match config {
            Some(mut config) if report.is_clean() => {
                config.data.dir = layers.base.join(&config.data.dir);
                Ok(Loaded { config, layers })
            }
            // What can be read is checked further, so that all mistakes come at once.
            Some(config) => {
                let loaded = Loaded { config, layers };
                let found = check::everything(&loaded).mistakes;
                let fresh: Vec<_> = found
                    .into_iter()
                    .filter(|new| !report.mistakes.iter().any(|old| old.place == new.place))
                    .collect();
                report.mistakes.extend(fresh);
                report.sort();
                Err(report)
            }
            None => {
                report.sort();
                Err(report)
            }
        }
    }
}

fn read_layers(path: &Path, overrides: Overrides) -> Result<Layers, Report> {
    let base =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let mut files = vec![path.to_owned()];
    let mut more: Vec<PathBuf> = std::fs::read_dir(base.join("conf.d"))
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    more.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    more.sort();
    files.extend(more);
    let mut report = Report::default();
    let (mut sources, mut figment) = (Vec::new(), Figment::from(Serialized::defaults(Config::default())));
    for file in files {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("{} cannot be read: {error}", file.display());
                let help = Some("omni init writes one; omni dev needs none".to_owned());
                let place = elsewhere(&file.display().to_string());
                report.mistakes.push(mistake(problem::CONFIG_NOT_FOUND, &[], message, help, place));
                continue;
            }
        };
        let source = Source::new(&file, text.clone());
        if let Err(error) = toml_edit::ImDocument::parse(text.as_str()) {
            let place = source.place(error.span().unwrap_or(0..0));
            report.mistakes.push(mistake(problem::CONFIG_SYNTAX, &[], error.message().trim(), None, place));
        } else {
            figment = figment.merge(Toml::file_exact(&file));
        }
        sources.push(source);
    }
    if !report.is_clean() {
        return Err(report);
    }
    figment = figment.merge(Env::prefixed(PREFIX).split("__"));
    if let Some(listen) = overrides.listen {
        figment = figment.merge(Serialized::default("server.listen", listen.to_string()));
    }
    if let Some(data) = overrides.data {
        // A flag's path starts where the command was typed.
        let data = std::path::absolute(&data).unwrap_or(data);
        figment = figment.merge(Serialized::default("data.dir", data));
    }
    Ok(Layers { base, sources, figment })
}

/// Reads the values as settings. Each mistake is taken out and the rest read again, until
/// nothing is wrong any more: so all of them are found.
fn typed(mut value: Value, layers: &Layers) -> (Option<Config>, Report) {
    let mut report = Report::default();
    while report.mistakes.len() < MOST {
        let error = match serde_path_to_error::deserialize::<_, Config>(&value) {
            Ok(config) => return (Some(config), report),
            Err(error) => error,
        };
        let mut path: Vec<Segment> = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
                serde_path_to_error::Segment::Map { key } => Some(Segment::Key(key.clone())),
                serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => None,
            })
            .collect();
        let text = error.inner().to_string();
        let (code, message, help) = explain(&text, &mut path);
        let place = layers.place(&path);
        report.mistakes.push(mistake(code, &path, message, help, place));
        if !take_out(&mut value, &path) {
            return (None, report);
        }
    }
    (None, report)
}

/// Turns serde's words into ours, and points the path at the key to blame.
fn explain(text: &str, path: &mut Vec<Segment>) -> (problem::Code, String, Option<String>) {
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    if let (true, Some((key, expected))) = (text.starts_with("unknown field"), quoted.split_first()) {
        if path.last() != Some(&Segment::Key((*key).to_owned())) {
            path.push(Segment::Key((*key).to_owned()));
        }
        let near = did_you_mean(key, expected.iter().copied());
        let help = near.map_or_else(
            || format!("known here: {}", expected.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return (problem::CONFIG_UNKNOWN_KEY, format!("{} is not a setting", dotted(path)), Some(help));
    }
    if let (true, Some(key)) = (text.starts_with("missing field"), quoted.first()) {
        let message = format!("{} lacks `{key}`", dotted(path));
        return (problem::CONFIG_MISSING, message, None);
    }
    if let (true, Some((word, expected))) = (text.starts_with("unknown variant"), quoted.split_first()) {
        let near = did_you_mean(word, expected.iter().copied());
        let help = near.map_or_else(
            || format!("one of: {}", expected.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return (
            problem::CONFIG_INVALID_VALUE,
            format!("{}: `{word}` is not possible here", dotted(path)),
            Some(help),
        );
    }
    (problem::CONFIG_INVALID_VALUE, format!("{}: {text}", dotted(path)), None)
}

/// Takes the value at `path` out, or (for a missing field) the table that lacks it.
fn take_out(value: &mut Value, path: &[Segment]) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let mut at = value;
    for segment in parents {
        let next = match segment {
            Segment::Key(key) => at.get_mut(key),
            Segment::Index(index) => at.get_mut(*index),
        };
        match next {
            Some(next) => at = next,
            None => return false,
        }
    }
    match (last, at) {
        (Segment::Key(key), Value::Object(map)) => map.remove(key).is_some(),
        (Segment::Index(index), Value::Array(list)) if *index < list.len() => {
            // Others keep their index: their places must stay right.
            list[*index] = Value::Object(Map::new());
            false
        }
        _ => false,
    }
}

/// The effective values, secrets masked, each with its origin.
pub fn show(loaded: &Loaded) -> Vec<(String, Value, String)> {
    let mut rows = Vec::new();
    let value = serde_json::to_value(&loaded.config).unwrap_or_default();
    walk(&value, &mut Vec::new(), &mut |path, value| {
        let masked = if secrets::is_secret(path) { Value::from("***") } else { value.clone() };
        rows.push((dotted(path), masked, loaded.layers.origin(path)));
    });
    rows
}

fn walk(value: &Value, path: &mut Vec<Segment>, visit: &mut impl FnMut(&[Segment], &Value)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(Segment::Key(key.clone()));
                walk(value, path, visit);
                path.pop();
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (at, value) in list.iter().enumerate() {
                path.push(Segment::Index(at));
                walk(value, path, visit);
                path.pop();
            }
        }
        Value::Null => {}
        other => visit(path, other),
    }
}
