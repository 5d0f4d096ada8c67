//! The carriers we speak. A carrier is its folder plus two lines here.

pub mod twilio;
pub mod whatsapp;

use omni_core::carrier::CarrierPlugin;

/// All of them.
pub const REGISTRY: &[CarrierPlugin] = &[twilio::PLUGIN, whatsapp::PLUGIN];

/// The carrier of that name.
pub fn find(name: &str) -> Option<&'static CarrierPlugin> {
    REGISTRY.iter().find(|plugin| plugin.name.0 == name)
}
