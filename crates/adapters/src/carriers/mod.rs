//! The carriers we speak. A carrier is its folder plus two lines here.

use omni_core::carrier::CarrierPlugin;

mod livechat;
mod messagebird;

/// All of them.
pub const REGISTRY: &[CarrierPlugin] = &[livechat::PLUGIN, messagebird::PLUGIN];

/// The carrier of that name.
pub fn find(name: &str) -> Option<&'static CarrierPlugin> {
    REGISTRY.iter().find(|plugin| plugin.name.0 == name)
}
