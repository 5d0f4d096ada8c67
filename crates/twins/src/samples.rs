//! Small real files for messages with media.

/// One file and what its sender calls it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) mime: &'static str,
    pub(crate) filename: &'static str,
    pub(crate) bytes: &'static [u8],
}

pub(crate) const PHOTO: Sample =
    Sample { mime: "image/png", filename: "photo.png", bytes: include_bytes!("samples/photo.png") };

pub(crate) const STICKER: Sample =
    Sample { mime: "image/webp", filename: "sticker.webp", bytes: include_bytes!("samples/sticker.webp") };

pub(crate) const VOICE: Sample = Sample {
    mime: "audio/ogg; codecs=opus",
    filename: "voice.ogg",
    bytes: include_bytes!("samples/voice.ogg"),
};

pub(crate) const CLIP: Sample =
    Sample { mime: "video/mp4", filename: "clip.mp4", bytes: include_bytes!("samples/clip.mp4") };

pub(crate) const VOUCHER: Sample =
    Sample { mime: "application/pdf", filename: "voucher.pdf", bytes: include_bytes!("samples/voucher.pdf") };
