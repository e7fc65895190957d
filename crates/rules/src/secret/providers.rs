//! Patterns of providers: a prefix, an alphabet, a length, and a checksum where the provider has one.

/// One pattern.
pub(crate) struct Pattern {
    pub(crate) what: &'static str,
    /// At least two bytes.
    pub(crate) prefix: &'static str,
    pub(crate) alphabet: Alphabet,
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// Whether the prefix must not stand inside a longer word.
    pub(crate) word: bool,
    /// Prefix, body and what follows: whether it is one.
    pub(crate) check: fn(&str, &str, &[u8]) -> bool,
}

/// Which bytes a body may have.
#[derive(Clone, Copy)]
pub(crate) enum Alphabet {
    Base32,
    Alnum,
    /// Letters, digits, `_`, `-`.
    Url,
    /// Letters, digits, `_`, `-`, `.`, `=`.
    Dotted,
    Base64,
    Hex,
    /// What may stand between `://` and a host.
    Authority,
    /// The rest of a PEM line and the key's first lines.
    Pem,
    Upper32,
}

impl Alphabet {
    pub(crate) const fn has(self, byte: u8) -> bool {
        match self {
            Self::Base32 => byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7'),
            Self::Upper32 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'='),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Authority => {
                byte.is_ascii_graphic()
                    && !matches!(
                        byte,
                        b'/' | b'"'
                            | b'\''
                            | b'<'
                            | b'>'
                            | b'`'
                            | b'@'
                            | b'\\'
                            | b','
                            | b';'
                            | b'('
                            | b')'
                            | b'|'
                    )
            }
            Self::Pem => {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b' ' | b'-' | b'\n' | b'\r' | b'\\' | b'+' | b'/' | b'=' | b':' | b',')
            }
        }
    }
}

const fn always(_: &str, _: &str, _: &[u8]) -> bool {
    true
}

const fn token(
    what: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
) -> Pattern {
    Pattern { what, prefix, alphabet, least, most, word: true, check: always }
}

const fn checked(pattern: Pattern, check: fn(&str, &str, &[u8]) -> bool) -> Pattern {
    Pattern { check, ..pattern }
}

use Alphabet::{Alnum, Authority, Base32, Base64, Dotted, Hex, Pem, Upper32, Url};

pub(crate) const PATTERNS: &[Pattern] = &[
    checked(token("AWS access key", "AKIA", Base32, 16, 16), ends_word),
    checked(token("AWS access key", "ASIA", Base32, 16, 16), ends_word),
    checked(token("GitHub token", "ghp_", Alnum, 36, 36), crc_tail),
    checked(token("GitHub token", "gho_", Alnum, 36, 36), crc_tail),
    checked(token("GitHub token", "ghu_", Alnum, 36, 36), crc_tail),
    checked(token("GitHub token", "ghs_", Alnum, 36, 36), crc_tail),
    checked(token("GitHub token", "ghr_", Alnum, 36, 76), crc_tail),
    token("GitHub token", "github_pat_", Url, 82, 82),
    token("GitLab token", "glpat-", Dotted, 20, 300),
    token("GitLab token", "gldt-", Url, 20, 64),
    token("GitLab runner token", "glrt-", Dotted, 20, 300),
    checked(token("npm token", "npm_", Alnum, 36, 36), crc_tail),
    token("PyPI token", "pypi-AgEIcHlwaS5vcmc", Url, 50, 600),
    token("Docker Hub token", "dckr_pat_", Url, 27, 27),
    token("Docker Hub token", "dckr_oat_", Url, 27, 40),
    token("Slack token", "xoxb-", Url, 40, 120),
    token("Slack token", "xoxp-", Url, 40, 120),
    token("Slack token", "xapp-", Url, 40, 160),
    token("Slack webhook", "hooks.slack.com/services/T", Base64, 36, 60),
    token("Stripe key", "sk_live_", Alnum, 24, 200),
    token("Stripe key", "rk_live_", Alnum, 24, 200),
    token("Google API key", "AIza", Url, 35, 35),
    token("Google OAuth secret", "GOCSPX-", Url, 28, 28),
    token("OpenAI key", "sk-proj-", Url, 40, 300),
    token("OpenAI key", "sk-svcacct-", Url, 40, 300),
    token("Anthropic key", "sk-ant-", Url, 80, 200),
    token("Hugging Face token", "hf_", Alnum, 34, 34),
    checked(token("SendGrid key", "SG.", Dotted, 66, 66), |_, body, _| body.as_bytes()[22] == b'.'),
    token("DigitalOcean token", "dop_v1_", Hex, 64, 64),
    token("Databricks token", "dapi", Hex, 32, 34),
    token("Shopify token", "shpat_", Hex, 32, 32),
    token("Shopify secret", "shpss_", Hex, 32, 32),
    token("Vault token", "hvs.", Url, 24, 200),
    token("Vault token", "hvb.", Url, 100, 400),
    token("Terraform Cloud token", "atlasv1.", Dotted, 60, 80),
    token("Grafana token", "glsa_", Url, 41, 41),
    token("Grafana Cloud token", "glc_", Base64, 32, 400),
    token("Postman key", "PMAK-", Url, 59, 59),
    token("Linear key", "lin_api_", Alnum, 40, 40),
    token("Doppler token", "dp.pt.", Alnum, 40, 44),
    token("New Relic key", "NRAK-", Upper32, 27, 27),
    token("Square token", "sq0atp-", Url, 22, 22),
    token("Tailscale key", "tskey-", Dotted, 20, 80),
    token("RubyGems token", "rubygems_", Hex, 48, 48),
    token("crates token", "cio", Alnum, 32, 32),
    token("Pulumi token", "pul-", Hex, 40, 40),
    token("Sentry token", "sntrys_", Base64, 60, 300),
    token("Azure storage key", "AccountKey=", Base64, 86, 88),
    // Credentials in the configuration of clients: whatever the provider's own form is.
    checked(token("npm token", "_authToken=", Dotted, 20, 300), credential),
    checked(token("npm password", "_password=", Base64, 12, 300), credential),
    checked(token("npm credentials", "_auth=", Base64, 12, 300), basic),
    checked(token("registry credentials", "auth\": \"", Base64, 8, 4000), basic),
    checked(token("registry credentials", "auth\":\"", Base64, 8, 4000), basic),
    checked(token("client key of a cluster", "client-key-data: ", Base64, 100, 20_000), encoded_key),
    checked(token("encoded private key", "LS0tLS1CRUdJTi", Base64, 100, 20_000), encoded_pem),
    Pattern {
        what: "signed web token",
        prefix: "eyJ",
        alphabet: Dotted,
        least: 60,
        most: 8000,
        word: true,
        check: super::token::is_web_token,
    },
    token("age key", "AGE-SECRET-KEY-1", Upper32, 58, 58),
    Pattern {
        what: "private key",
        prefix: "-----BEGIN ",
        alphabet: Pem,
        least: 30,
        most: 100_000,
        word: false,
        check: private_key,
    },
    Pattern {
        what: "PuTTY private key",
        prefix: "PuTTY-User-Key-File-",
        alphabet: Pem,
        least: 8,
        most: 100_000,
        word: false,
        check: always,
    },
    Pattern {
        what: "password in a URL",
        prefix: "://",
        alphabet: Authority,
        least: 4,
        most: 300,
        word: false,
        check: url_password,
    },
];

/// A value that is written out: it has digits and letters, and no variable stands for it.
fn credential(_: &str, body: &str, _: &[u8]) -> bool {
    body.bytes().any(|byte| byte.is_ascii_digit()) && body.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn decoded(body: &str) -> Option<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    STANDARD_NO_PAD.decode(body.trim_end_matches('=')).ok()
}

/// `user:password` in base 64 (RFC 7617).
fn basic(_: &str, body: &str, _: &[u8]) -> bool {
    let Some(text) = decoded(body).and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
    let Some((user, password)) = text.split_once(':') else { return false };
    let plain = text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    plain && !user.is_empty() && password.len() >= 3 && user != password && !super::is_placeholder(password)
}

/// PEM in base 64.
fn encoded_key(_: &str, body: &str, after: &[u8]) -> bool {
    body.strip_prefix("LS0tLS1CRUdJTi").is_some_and(|rest| encoded_pem("LS0tLS1CRUdJTi", rest, after))
}

/// What follows `-----BEGIN` in base 64 is a private key.
fn encoded_pem(prefix: &str, body: &str, _: &[u8]) -> bool {
    let whole = [prefix, body].concat();
    // A cut that is a whole number of groups can be decoded by itself.
    let whole = whole.trim_end_matches('=');
    let Some(text) = decoded(&whole[..whole.len() / 4 * 4]) else { return false };
    let text = String::from_utf8_lossy(&text);
    text.strip_prefix("-----BEGIN ").is_some_and(|rest| private_key("", rest, &[]))
}

fn ends_word(_: &str, _: &str, after: &[u8]) -> bool {
    after.first().is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// The last six characters are the CRC-32 of those before, in base 62.
fn crc_tail(_: &str, body: &str, _: &[u8]) -> bool {
    let (start, tail) = body.split_at(body.len() - 6);
    base62_crc(start.as_bytes()) == tail
}

/// Encrypted keys are keys, public keys and certificates are none; a header without a body is documentation.
fn private_key(_: &str, body: &str, _: &[u8]) -> bool {
    let Some((label, rest)) = body.split_once("-----") else { return false };
    let key = label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK");
    let material = rest.bytes().filter(u8::is_ascii_alphanumeric).take(24).count();
    let repeats = rest.trim().starts_with("...");
    key && material >= 16 && !rest.trim_start().starts_with("-----END") && !repeats
}

/// `user:password` before `@`.
fn url_password(_: &str, body: &str, after: &[u8]) -> bool {
    let Some((user, password)) = body.split_once(':') else { return false };
    after.first() == Some(&b'@')
        && after.get(1).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b'$' | b'{'))
        && !user.contains(['?', '&'])
        && password.len() >= 3
        && !super::is_placeholder(password)
        && !password.contains(['?', '&', '{', '}', '[', ']', '%', '*', ' '])
        && user != password
}

/// CRC-32 (IEEE 802.3).
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

/// The CRC-32 in base 62 (digits, capitals, small letters), six characters.
pub(crate) fn base62_crc(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = crc32(bytes);
    let mut out = [b'0'; 6];
    for digit in out.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    out.iter().map(|byte| char::from(*byte)).collect()
}
