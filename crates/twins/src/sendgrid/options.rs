//! What the options of a mail must look like: categories, unsubscribe groups, settings.

use std::collections::HashSet;

use serde_json::Value;

use super::errors::ApiError;
use super::request::{Checked, Object, list, wrong};

/// Categories of one mail, and characters of each.
const MOST_CATEGORIES: usize = 10;
const LONGEST_CATEGORY: usize = 255;
/// Unsubscribe groups that one mail shows.
const MOST_GROUPS: usize = 25;
/// Characters in the name of an IP pool.
const POOL_NAME: std::ops::RangeInclusive<usize> = 2..=64;

/// Switches below `mail_settings` and `tracking_settings`.
const SWITCHES: [[&str; 3]; 12] = [
    ["mail_settings", "bypass_list_management", "enable"],
    ["mail_settings", "bypass_spam_management", "enable"],
    ["mail_settings", "bypass_bounce_management", "enable"],
    ["mail_settings", "bypass_unsubscribe_management", "enable"],
    ["mail_settings", "footer", "enable"],
    ["mail_settings", "sandbox_mode", "enable"],
    ["tracking_settings", "click_tracking", "enable"],
    ["tracking_settings", "click_tracking", "enable_text"],
    ["tracking_settings", "open_tracking", "enable"],
    ["tracking_settings", "subscription_tracking", "enable"],
    ["tracking_settings", "ganalytics", "enable"],
    ["mail_settings", "spam_check", "enable"],
];
/// Texts below them.
const TEXTS: [[&str; 3]; 11] = [
    ["mail_settings", "footer", "text"],
    ["mail_settings", "footer", "html"],
    ["tracking_settings", "open_tracking", "substitution_tag"],
    ["tracking_settings", "subscription_tracking", "text"],
    ["tracking_settings", "subscription_tracking", "html"],
    ["tracking_settings", "subscription_tracking", "substitution_tag"],
    ["tracking_settings", "ganalytics", "utm_source"],
    ["tracking_settings", "ganalytics", "utm_medium"],
    ["tracking_settings", "ganalytics", "utm_term"],
    ["tracking_settings", "ganalytics", "utm_content"],
    ["tracking_settings", "ganalytics", "utm_campaign"],
];

pub(super) fn check(body: &Object) -> Checked {
    check_categories(body)?;
    check_pool(body)?;
    check_settings(body)?;
    if body.get("batch_id").is_some_and(|id| !id.is_string()) {
        return Err(wrong("batch_id", "The batch_id must be a string"));
    }
    Ok(())
}

fn check_categories(body: &Object) -> Checked {
    let categories = list(body, "categories", "categories")?;
    let names: Option<HashSet<&str>> = categories.iter().map(Value::as_str).collect();
    let fits = |names: &HashSet<&str>| {
        names.len() == categories.len()
            && names.len() <= MOST_CATEGORIES
            && names.iter().all(|name| name.len() <= LONGEST_CATEGORY && name.is_ascii())
    };
    if names.as_ref().is_some_and(fits) {
        return Ok(());
    }
    Err(wrong("categories", "There may be 10 different categories of at most 255 ASCII characters"))
}

fn check_pool(body: &Object) -> Checked {
    let Some(name) = body.get("ip_pool_name") else { return Ok(()) };
    let fits = name.as_str().is_some_and(|name| POOL_NAME.contains(&name.chars().count()));
    if fits { Ok(()) } else { Err(wrong("ip_pool_name", "The IP pool name has 2 to 64 characters")) }
}

/// The unsubscribe group of a mail; the groups that it shows are checked beside it.
pub(super) fn asm_group(body: &Object) -> Result<Option<u64>, ApiError> {
    let Some(asm) = body.get("asm") else { return Ok(None) };
    let id = asm.get("group_id").and_then(Value::as_u64);
    let id = id.ok_or_else(|| wrong("asm.group_id", "The asm group_id must be an integer"))?;
    let shown = asm.get("groups_to_display").filter(|shown| !shown.is_null());
    let fits = |shown: &Value| {
        let shown = shown.as_array().map(Vec::as_slice);
        shown.is_some_and(|shown| shown.len() <= MOST_GROUPS && shown.iter().all(Value::is_u64))
    };
    if shown.is_none_or(fits) {
        Ok(Some(id))
    } else {
        Err(wrong("asm.groups_to_display", "There may be 25 groups to display, by their integers"))
    }
}

/// `None` where nothing is said.
fn at<'a>(body: &'a Object, path: &[&str; 3]) -> Option<&'a Value> {
    let value = body.get(path[0])?.get(path[1])?.get(path[2])?;
    Some(value).filter(|value| !value.is_null())
}

fn check_settings(body: &Object) -> Checked {
    for name in ["mail_settings", "tracking_settings"] {
        if body.get(name).is_some_and(|settings| !settings.is_object()) {
            return Err(wrong(name, "should be an object"));
        }
    }
    if let Some(path) = SWITCHES.iter().find(|path| at(body, path).is_some_and(|value| !value.is_boolean())) {
        return Err(wrong(path.join("."), "should be a boolean value"));
    }
    if let Some(path) = TEXTS.iter().find(|path| at(body, path).is_some_and(|value| !value.is_string())) {
        return Err(wrong(path.join("."), "should be a string"));
    }
    let is_on = |name| at(body, &["mail_settings", name, "enable"]) == Some(&Value::Bool(true));
    let others = ["bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management"];
    if is_on("bypass_list_management") && others.into_iter().any(is_on) {
        let why = "cannot be combined with any other bypass filter";
        return Err(wrong("mail_settings.bypass_list_management", why));
    }
    Ok(())
}
