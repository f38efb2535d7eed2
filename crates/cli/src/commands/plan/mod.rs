//! `grantline plan`: the requests that a connector makes, without making them.

mod machine;
mod operation;
mod show;

use crate::args::Plan;
use crate::failure::Failure;
use crate::output;
use crate::rehearsal::{ACCESS_TOKEN, Props, REFRESH_TOKEN};
use crate::stand_in::{self, Complete};
use grantline_core::{Ambient, Request};
use operation::Asked;
use serde_json::{Value, json};
use std::sync::Arc;

/// A request and the step that it belongs to.
pub(super) struct Planned {
    step: &'static str,
    /// Its number, from 1, where the step takes several.
    index: Option<usize>,
    request: Request,
}

pub(crate) fn run(options: &Plan) -> Result<(), Failure> {
    let Complete { settings, mut made_up } = stand_in::complete(&options.subject)?;
    let settings = Arc::new(settings);
    let ambient = Ambient::new(stand_in::now(&options.subject)?, entropy(options.entropy.as_deref())?);
    let (access, refresh) = (options.access_token.clone(), options.refresh_token.clone());
    let mut props = Props::new(&settings, access, refresh, &options.capture)?;
    // A mask hides a signature anyway.
    props.signs = options.show_secrets;
    let asked = options.operation.as_ref();
    let asked = asked.map(|id| Asked::new(&settings, id, &options.arg)).transpose()?;
    if let Some(asked) = &asked {
        made_up.extend(asked.made_up.iter().cloned());
    }
    let mut planned = loop {
        match machine::life(&settings, &props, asked.as_ref(), &ambient) {
            Ok(planned) => break planned,
            Err(error) => props.blame(error)?,
        }
    };
    if let Some(only) = &options.only {
        planned.retain(|planned| planned.step == only);
        if planned.is_empty() {
            return Err(Failure::Usage(format!("this connector makes no request for '{only}'")));
        }
    }
    if planned.is_empty() && !options.json {
        eprintln!("this connector makes no request of its own");
    }
    let short = |value: &str| if value.contains('\n') { "a key".to_owned() } else { value.to_owned() };
    let names: Vec<_> = made_up.iter().map(|(name, value)| format!("{name} ({})", short(value))).collect();
    if !names.is_empty() {
        eprintln!("not given, made up: {}", names.join(", "));
    }
    let mut stand_ins: Vec<String> = made_up.into_iter().map(|(_, value)| value).collect();
    stand_ins.extend(props.made_up().map(|(_, value)| value.to_owned()));
    stand_ins.extend([ACCESS_TOKEN, REFRESH_TOKEN].map(str::to_owned));
    let shown: Vec<_> =
        planned.iter().map(|planned| show::shown(planned, options.show_secrets, &stand_ins)).collect();
    if options.json {
        return output::line(json!({ "requests": shown.iter().map(show::object).collect::<Value>() }));
    }
    let pages =
        shown.iter().map(|shown| if options.curl { show::curl(shown) } else { Ok(show::http(shown)) });
    output::text(pages.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// 32 bytes from hex digits, zeros after them; random ones if none are given.
fn entropy(hex: Option<&str>) -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    let Some(hex) = hex else {
        return match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(Failure::Machine(format!("the system gives no random bytes: {error}"))),
        };
    };
    let wrong = || Failure::Usage("--entropy is at most 64 hex digits, two for each byte".to_owned());
    if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) || !hex.len().is_multiple_of(2) || hex.len() > 64 {
        return Err(wrong());
    }
    for (byte, at) in bytes.iter_mut().zip((0..hex.len()).step_by(2)) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_padded_with_zeros() {
        let bytes = entropy(Some("ff01")).unwrap();
        assert_eq!((bytes[0], bytes[1], bytes[2], bytes[31]), (255, 1, 0, 0));
        for wrong in ["f", "xy", "+1", "é", &"00".repeat(33)] {
            assert!(entropy(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
