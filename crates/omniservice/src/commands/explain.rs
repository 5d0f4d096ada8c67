//! `omni explain`: the page of an error code.

use omni_core::failure::{ErrorClass, Retry};
use omni_core::problem::{self, Problem, did_you_mean};

use crate::cli::ExplainArgs;
use crate::output;

/// The pages, built in.
static PAGES: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../docs/errors");

/// Prints one page, or the list of codes.
pub fn run(args: &ExplainArgs) -> anyhow::Result<()> {
    let Some(wanted) = &args.code else {
        let codes = problem::ALL.iter().map(|code| vec![code.code.to_owned(), code.title.to_owned()]);
        // `why` and `send --wait` tell the class of what a carrier said.
        let classes = ErrorClass::ALL.into_iter().filter(|class| problem::find(class.as_str()).is_none());
        let classes = classes.map(|class| vec![class.as_str().to_owned(), class.agent_text().to_owned()]);
        let rows: Vec<_> = codes.chain(classes).collect();
        output::table(&["CODE", "WHAT HAPPENED"], &rows);
        return Ok(());
    };
    if let Some(code) = problem::find(wanted) {
        output::line(page(code.code).unwrap_or(code.title).trim_end());
        return Ok(());
    }
    if let Some(class) = ErrorClass::ALL.into_iter().find(|class| class.as_str() == wanted.to_lowercase()) {
        output::line(&of_class(class));
        return Ok(());
    }
    let codes = problem::ALL.iter().map(|code| code.code);
    let classes = ErrorClass::ALL.into_iter().map(ErrorClass::as_str);
    let near = did_you_mean(&wanted.to_uppercase(), codes)
        .or_else(|| did_you_mean(&wanted.to_lowercase(), classes))
        .map(|near| format!(" Did you mean {near}?"));
    let detail =
        format!("There is no code `{wanted}`.{} `omni explain` lists all.", near.unwrap_or_default());
    Err(Problem::new(problem::NOT_FOUND, detail).into())
}

fn page(code: &str) -> Option<&'static str> {
    PAGES.get_file(format!("{code}.md"))?.contents_utf8()
}

fn of_class(class: ErrorClass) -> String {
    let next = match class.retry() {
        Retry::Backoff => "the same carrier is tried again, with growing waits".to_owned(),
        Retry::After(wait) => format!("the same carrier is tried again, not before {} s", wait.as_secs()),
        Retry::OtherCarrier => "another connection is tried, if one can carry it".to_owned(),
        Retry::Never => "nothing is tried again".to_owned(),
        Retry::Reconcile => "nothing is sent again until the carrier's own record settles it".to_owned(),
    };
    let breaker = if class.counts_for_breaker() { "counts" } else { "does not count" };
    let consent = if class.writes_opt_out() { "\n  consent: the opt-out is written down" } else { "" };
    format!(
        "{}: a class of carrier errors\n\n  agents see: {}\n  the engine: {next}\n  breaker: {breaker}{consent}",
        class.as_str(),
        class.agent_text()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let pages: BTreeSet<_> = PAGES
            .files()
            .filter_map(|file| file.path().file_stem()?.to_str().map(str::to_owned))
            .filter(|name| name != "README")
            .collect();
        let codes: BTreeSet<_> = problem::ALL.iter().map(|code| code.code.to_owned()).collect();
        assert_eq!(pages, codes);
        for code in codes {
            let page = page(&code).unwrap();
            assert!(page.starts_with(&format!("# {code}")) && page.lines().count() >= 6, "{code}");
        }
    }
}
