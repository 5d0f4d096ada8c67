use super::*;

const NOW: &str = "2026-01-01T00:00:00Z";

fn read(form: &str) -> Result<Submission, u32> {
    let now = Timestamp::parse(NOW).unwrap();
    Submission::read(&Form::read(form.as_bytes()), now).map_err(|error| error.code)
}

#[test]
fn requests_that_are_refused() {
    const SMS: &str = "To=%2B15550001001&From=%2B15550100001";
    let long = format!("{SMS}&Body={}", "a".repeat(1_601));
    let eleven = format!("{SMS}&Body=x{}", "&MediaUrl=https://x.example/a".repeat(11));
    let service = format!("MessagingServiceSid=MG{}", "0a".repeat(16));
    #[rustfmt::skip]
    let cases = vec![
        ("nobody to send to",          "From=%2B15550100001&Body=x".to_owned(),                 21_604),
        ("not a number",               "To=hello&From=%2B15550100001&Body=x".to_owned(),        21_211),
        ("a raw plus is a blank",      "To=+15550001001&From=%2B15550100001&Body=x".to_owned(), 21_211),
        ("a short number",             "To=%2B123&From=%2B15550100001&Body=x".to_owned(),       21_211),
        ("no sender",                  "To=%2B15550001001&Body=x".to_owned(),                   21_603),
        ("a sender of others",         "To=%2B15550001001&From=%2B15550100009&Body=x".to_owned(), 21_606),
        ("a sender that is none",      "To=%2B15550001001&From=Acme&Body=x".to_owned(),         21_212),
        ("two channels",               "To=whatsapp:%2B15550001001&From=%2B15550100001&Body=x".to_owned(), 21_910),
        ("a WhatsApp sender of others", "To=whatsapp:%2B15550001001&From=whatsapp:%2B15550100001&Body=x".to_owned(), 63_007),
        ("nothing to send",            SMS.to_owned(),                                          21_619),
        ("an empty body",              format!("{SMS}&Body="),                                  21_619),
        ("a body too long",            long,                                                    21_617),
        ("media that is no URL",       format!("{SMS}&MediaUrl=a.png"),                         21_620),
        ("too many media",             eleven,                                                  21_623),
        ("a content sid that is none", format!("{SMS}&ContentSid=HX1"),                         21_655),
        ("variables that are no JSON", format!("{SMS}&ContentSid=HX{}&ContentVariables=%7B", "0a".repeat(16)), 21_656),
        ("a variable that is a list",  format!("{SMS}&ContentSid=HX{}&ContentVariables=%7B%221%22:[]%7D", "0a".repeat(16)), 21_656),
        ("a variable too long",        format!("{SMS}&ContentSid=HX{}&ContentVariables=%7B%221%22:%22{}%22%7D", "0a".repeat(16), "x".repeat(1_601)), 21_658),
        ("variables of nothing",       format!("{SMS}&Body=x&ContentVariables=%7B%7D"),         21_654),
        ("a callback that is no URL",  format!("{SMS}&Body=x&StatusCallback=/status"),          21_609),
        ("no such service",            "To=%2B15550001001&MessagingServiceSid=x&Body=x".to_owned(), 21_701),
        ("too long a validity",        format!("{SMS}&Body=x&ValidityPeriod=36001"),            90_007),
        ("scheduled without service",  format!("{SMS}&Body=x&ScheduleType=fixed&SendAt=2026-01-01T01:00:00Z"), 35_118),
        ("scheduled without time",     format!("{SMS}&Body=x&{service}&ScheduleType=fixed"),    35_111),
        ("scheduled too soon",         format!("{SMS}&Body=x&{service}&ScheduleType=fixed&SendAt=2026-01-01T00:04:59Z"), 35_114),
        ("scheduled too late",         format!("{SMS}&Body=x&{service}&ScheduleType=fixed&SendAt=2026-02-06T00:00:00Z"), 35_114),
        ("scheduled for the past",     format!("{SMS}&Body=x&{service}&ScheduleType=fixed&SendAt=2025-02-06T00:00:00Z"), 35_114),
        ("time without a type",        format!("{SMS}&Body=x&{service}&SendAt=2026-01-01T01:00:00Z"), 35_126),
        ("the magic blocked number",   "To=%2B15005550004&From=%2B15550100001&Body=x".to_owned(), 21_610),
        ("the magic full queue",       "To=%2B15550001001&From=%2B15005550008&Body=x".to_owned(), 21_611),
    ];
    for (name, form, expect) in cases {
        assert_eq!(read(&form).unwrap_err(), expect, "{name}");
    }
}

#[test]
fn what_a_request_says() {
    let form = "To=whatsapp:%2B447700900461&From=whatsapp:%2B15550100002&Body=Ol%C3%A1+%2B1\
                &MediaUrl=https://x.example/a&StatusCallback=https://gw.example.net/s?x=1%26m=0193%23rc=2";
    let submission = read(form).unwrap();
    assert_eq!(submission.to, "whatsapp:+447700900461");
    assert_eq!(submission.channel, Channel::WhatsApp);
    assert_eq!(submission.reference.as_deref(), Some("0193"));
    assert_eq!(submission.status_callback.as_deref(), Some("https://gw.example.net/s?x=1&m=0193#rc=2"));
    let content = serde_json::json!({ "Body": "Olá +1", "MediaUrl": ["https://x.example/a"] });
    assert_eq!(submission.content, content);
}

#[test]
fn a_service_chooses_the_sender_and_may_wait() {
    let service = format!("MessagingServiceSid=MG{}", "0a".repeat(16));
    let form =
        format!("To=whatsapp:GB.7Qk20Xd3aLm&{service}&Body=x&ScheduleType=fixed&SendAt=2026-01-01T01:00:00Z");
    let submission = read(&form).unwrap();
    assert_eq!((submission.from.as_str(), submission.by_service), (WHATSAPP_NUMBER, true));
    assert_eq!(submission.due_in, Duration::from_secs(3_600));
}
