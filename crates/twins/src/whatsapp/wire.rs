//! How Meta's servers write JSON.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

/// JSON as Meta's servers write it: ASCII only, `\uXXXX` with lower-case digits, `\/`.
pub(super) fn as_meta_writes(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1_024);
    let mut serializer = Serializer::with_formatter(&mut bytes, MetaFormatter);
    value.serialize(&mut serializer).expect("our wire types serialise");
    bytes
}

struct MetaFormatter;

impl Formatter for MetaFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut plain_from = 0;
        for (at, c) in text.char_indices().filter(|(_, c)| !c.is_ascii() || *c == '/') {
            CompactFormatter.write_string_fragment(writer, &text[plain_from..at])?;
            plain_from = at + c.len_utf8();
            if c == '/' {
                writer.write_all(b"\\/")?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        CompactFormatter.write_string_fragment(writer, &text[plain_from..])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_as_meta_writes() {
        let cases = [
            (json!("Zoë"), r#""Zo\u00eb""#),
            (json!("a/b"), r#""a\/b""#),
            (json!("🙏"), r#""\ud83d\ude4f""#),
            (json!("é/ü"), r#""\u00e9\/\u00fc""#),
            (json!("\"\\\n\u{1}"), r#""\"\\\n\u0001""#),
            (json!({"ключ": [1, true, null]}), r#"{"\u043a\u043b\u044e\u0447":[1,true,null]}"#),
            (json!(""), r#""""#),
        ];
        for (value, expect) in cases {
            assert_eq!(String::from_utf8(as_meta_writes(&value)).unwrap(), expect);
        }
    }
}
