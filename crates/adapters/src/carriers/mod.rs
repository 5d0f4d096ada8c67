//! The carriers we speak. A carrier is its folder plus two lines here.

pub mod livechat;
pub mod messagebird;
pub mod twilio;
pub mod whatsapp;

use omni_core::carrier::CarrierPlugin;

/// All of them.
pub const REGISTRY: &[CarrierPlugin] =
    &[livechat::PLUGIN, messagebird::PLUGIN, twilio::PLUGIN, whatsapp::PLUGIN];

/// The carrier of that name.
pub fn find(name: &str) -> Option<&'static CarrierPlugin> {
    REGISTRY.iter().find(|plugin| plugin.name.0 == name)
}
