//! `grantline token`: prints a token, and its life on standard error.

use crate::args::Token;
use crate::connector::connect;
use crate::failure::Failure;
use crate::life::{moment, present};
use crate::output;
use serde_json::json;
use std::io::IsTerminal;

pub(crate) async fn run(options: &Token) -> Result<(), Failure> {
    let connection = connect(&options.selection)?;
    let token = if options.renew { connection.renew().await? } else { connection.token().await? };
    let now = present();
    // The token is what was asked for: it goes to standard output and nowhere else.
    let value = token.value.expose();
    if options.json {
        let seconds = token.expires_at.map(|end| end.since(now).as_secs());
        let object = json!({
            "token": value,
            "authorization": connection.settings().authorization(&token)?,
            "expires_at": token.expires_at.map(|time| time.to_string()),
            "expires_in_seconds": seconds,
            "renew_at": token.renew_at.map(|time| time.to_string()),
            "reconnect_at": connection.reconnect().map(|reconnect| reconnect.at.to_string()),
        });
        output::line(object)?;
    } else {
        output::line(value)?;
        if std::io::stderr().is_terminal() {
            let life = token.expires_at.map_or_else(|| "unknown".to_owned(), |end| moment(end, now));
            eprintln!("expires: {life}");
        }
    }
    if let Some(reconnect) = connection.reconnect().filter(|reconnect| reconnect.warn_at <= now) {
        eprintln!(
            "warning: this connection ends {}: a person must then make a new token",
            moment(reconnect.at, now)
        );
    }
    Ok(())
}
