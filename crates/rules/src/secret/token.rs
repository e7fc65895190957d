//! JSON web tokens (RFC 7519): three parts in base 64, of which two are JSON.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// The shortest signature, in bytes: HMAC and the curves have 32 and more.
const LEAST_SIGNATURE: usize = 32;

/// Whether a text is a signed token that somebody might use: header and claims can be read, a signature stands behind
/// them, and it is not the one that introduces the standard everywhere.
pub(super) fn is_web_token(prefix: &str, body: &str, _: &[u8]) -> bool {
    let whole = [prefix, body].concat();
    let mut parts = whole.trim_end_matches(['.', '=']).split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let signed = json(header).is_some_and(|header| {
        header.get("alg").and_then(Value::as_str).is_some_and(|name| !name.eq_ignore_ascii_case("none"))
    });
    let used = json(claims).is_some_and(|claims| {
        let is = |claim: &str, value: &str| claims.get(claim).and_then(Value::as_str) == Some(value);
        // `anon` is what hosted databases give to browsers.
        claims.as_object().is_some_and(|claims| !claims.is_empty())
            && !is("sub", "1234567890")
            && !is("name", "John Doe")
            && !is("role", "anon")
    });
    signed && used && URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| bytes.len() >= LEAST_SIGNATURE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::find;

    /// Put together here so that no scanner takes this file for a leak.
    fn token(header: &str, claims: &str, signature: &[u8]) -> String {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.{}", part(header.as_bytes()), part(claims.as_bytes()), part(signature))
    }

    #[test]
    fn a_token_is_told_by_its_parts() {
        let signature: Vec<u8> = (0..32).map(|at: u8| at.wrapping_mul(37) ^ 0x5a).collect();
        let header = r#"{"alg":"HS256","typ":"JWT"}"#;
        let good = token(header, r#"{"sub":"service","scope":"deploy:write"}"#, &signature);
        let found = find(format!("Authorization: Bearer {good}\n").as_bytes());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].what, "signed web token");
        for (header, claims, signature) in [
            (r#"{"alg":"none"}"#, r#"{"sub":"service","scope":"deploy:write"}"#, &signature[..]),
            (r#"{"typ":"a document"}"#, r#"{"sub":"service","scope":"deploy:write"}"#, &signature),
            (header, r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#, &signature),
            (header, r#"{"sub":"service","scope":"deploy:write"}"#, &signature[..8]),
            (header, "not JSON but something of that length", &signature),
        ] {
            assert!(find(token(header, claims, signature).as_bytes()).is_empty(), "{header} {claims}");
        }
    }
}
