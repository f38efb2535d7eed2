//! The claims of an access token, as observed in tokens of real tenants.

use serde::Serialize;

use crate::http::Single;
use crate::secret::Mint;
use crate::service::Call;

#[derive(Serialize)]
pub(super) struct Claims<'a> {
    jti: String,
    prn: String,
    domain: &'static str,
    user_id: &'static str,
    auth_time: u64,
    iss: String,
    aud: String,
    ctx: &'static str,
    scp: &'static str,
    idp: &'static str,
    eml: &'static str,
    cid: &'a str,
    did: &'static str,
    wid: &'static str,
    exp: u64,
    iat: u64,
    sub: &'a str,
    prn_type: &'static str,
}

impl<'a> Claims<'a> {
    pub(super) fn new(call: &Call<'_>, mint: &mut Mint<'_>, client: &'a str, exp: u64) -> Self {
        let host =
            if let Single::One(host) = call.request.single("host") { host } else { "emulator.example" };
        Self {
            jti: mint.uuid(),
            prn: format!("{client}@EMULATOR"),
            domain: "System Domain",
            user_id: "1",
            auth_time: call.now(),
            iss: format!("https://{host}/SAAS/auth"),
            aud: format!("https://{host}/SAAS/auth/oauthtoken"),
            ctx: r#"[{"mtd":"urn:vmware:names:ac:classes:LocalPasswordAuth","iat":0,"id":1}]"#,
            scp: "admin",
            idp: "0",
            eml: "emulator@example.com",
            cid: client,
            did: "",
            wid: "",
            exp,
            iat: call.now(),
            sub: client,
            prn_type: "SERVICE",
        }
    }
}
