//! The carriers we speak. A carrier is its folder plus two lines here.

pub mod bandwidth;
pub mod inteliquent;
pub mod livechat;
pub mod messagebird;
pub mod sendgrid;
pub mod twilio;
pub mod whatsapp;

use omni_core::carrier::CarrierPlugin;

/// All of them.
pub const REGISTRY: &[CarrierPlugin] = &[
    bandwidth::PLUGIN,
    inteliquent::PLUGIN,
    livechat::PLUGIN,
    messagebird::PLUGIN,
    sendgrid::PLUGIN,
    twilio::PLUGIN,
    whatsapp::PLUGIN,
];

/// The carrier of that name.
pub fn find(name: &str) -> Option<&'static CarrierPlugin> {
    REGISTRY.iter().find(|plugin| plugin.name.0 == name)
}
