//! Values that configuration assigns to names that say secret: `password = …`, `"api_key": "…"`.
//!
//! A value without a known form is told by its name, by where it stands and by looking chosen at random; source code,
//! tests and what others have published are left alone.

use super::{is_placeholder, is_secret_name, scan::entropy};

/// Longer lines are data.
const LONGEST_LINE: usize = 4096;
/// The least and most bytes of a value.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;
/// The least entropy of a value, in bits per byte: eight different characters have three.
const LEAST_ENTROPY: f64 = 2.75;

/// A name, and where its value starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assigned<'a> {
    pub(super) name: &'a str,
    pub(super) at: usize,
}

/// Whether a file is configuration of the application: by its name, outside folders of tests and of other people's code.
pub(super) fn is_configuration(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    let beside = folders.split('/').any(|folder| {
        matches!(
            folder.to_ascii_lowercase().as_str(),
            "test"
                | "tests"
                | "testdata"
                | "fixtures"
                | "spec"
                | "__tests__"
                | "example"
                | "examples"
                | "samples"
                | "doc"
                | "docs"
                | "locales"
                | "locale"
                | "i18n"
                | "lang"
                | "translations"
                | "node_modules"
                | "vendor"
                | "site-packages"
                | "dist-packages"
                | "gems"
        )
    });
    let made =
        ["package.json", "package-lock.json", "composer.lock", "tsconfig.json"].contains(&name.as_str());
    let example = name.split(['.', '-', '_']).any(|part| {
        matches!(part, "example" | "sample" | "template" | "dist" | "test" | "schema" | "swagger" | "openapi")
    });
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let settings = matches!(
        extension,
        "env" | "properties" | "ini" | "conf" | "cfg" | "cnf" | "yml" | "yaml" | "toml" | "json" | "tfvars"
    );
    (settings || name.starts_with(".env")) && !beside && !made && !example
}

/// What a configuration file assigns to names that say secret.
pub(super) fn assigned(text: &str) -> Vec<Assigned<'_>> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.len() <= LONGEST_LINE
            && let Some((name, value)) = pair(line)
            && is_secret_name(name)
            && looks_chosen(value)
        {
            // Both are slices of the line.
            found.push(Assigned { name, at: at + (value.as_ptr() as usize - line.as_ptr() as usize) });
        }
        at += line.len();
    }
    found
}

/// The name and the value of a line, without quotes.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with(['#', ';', '!', '<']) || line.starts_with("//") {
        return None;
    }
    let (name, value) = line.split_once(['=', ':'])?;
    let name =
        name.trim().trim_start_matches("- ").trim_start_matches("export ").trim().trim_matches(['"', '\'']);
    // TOML and Ruby write `=`, YAML and JSON `:`; `=>` and `:=` are the same to others.
    let value = value.trim_start_matches(['=', '>']).trim().trim_end_matches([',', ';']).trim_end();
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next()?,
        // A comment may follow.
        None => value.split(" #").next()?.trim_end(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(plain)).then_some((name, value))
}

/// Whether a value looks like one that somebody chose to be secret, and stands there itself.
fn looks_chosen(value: &str) -> bool {
    let refers =
        ["/", "./", "~", "arn:", "vault:", "secret:", "projects/", "ENC[", "ENC(", "!vault", "ref+", "op://"];
    let hashed = ["$2", "$1$", "$5$", "$6$", "$argon", "{bcrypt}", "{SHA", "sha256:", "scram-sha", "md5"];
    LENGTHS.contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !refers.iter().chain(&hashed).any(|start| value.starts_with(start))
        && !value.starts_with(['[', '{'])
        && !value.contains("://")
        && !value.contains(['(', '<', '`'])
        && !is_placeholder(value)
        && entropy(value.as_bytes()) >= LEAST_ENTROPY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_stand_there_are_found() {
        let text = "# db.password=Summer2024Rain\nspring.datasource.password=Summer2024Rain\nuser=app\n\
            db_password: \"k3jH7sLq#x\" # comment\n  \"apiKey\": \"9fK2mQ7xLp0Z\",\nexport API_TOKEN='u8Hq2ZmP1c'\n";
        let names: Vec<&str> = assigned(text).iter().map(|one| one.name).collect();
        assert_eq!(names, ["spring.datasource.password", "db_password", "apiKey", "API_TOKEN"]);
        for one in assigned(text) {
            assert!(text[one.at..].starts_with(['S', 'k', '9', 'u']), "{one:?}");
        }
    }

    #[test]
    fn references_hashes_and_examples_are_not() {
        for line in [
            "password=${DB_PASSWORD}",
            "password: changeme123",
            "token: /run/secrets/token1",
            "password_hash: $2b$12$abcdefghijk1",
            "secret: arn:aws:secretsmanager:eu-west-1:1:secret:a1",
            "password: correct horse battery staple 1",
            "passwordLabel: Passwort1x",
            "password: aaaaaaa1",
            "token_url: https://a.example/1",
            "secretName: app-tls-1a2b3c",
            "password: {{ vault_password1 }}",
            "tokenizer: cl100k_base9x",
            "Security_Credentials = [\"Win32_Security\"]",
        ] {
            assert!(assigned(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn configuration_is_told_by_its_name() {
        for path in ["app/.env.production", "etc/app/app.properties", "srv/config/database.yml", "x.json"] {
            assert!(is_configuration(path), "{path}");
        }
        for path in [
            "srv/app.py",
            "srv/.env.example",
            "srv/node_modules/a/config.json",
            "srv/tests/settings.ini",
            "srv/package-lock.json",
            "srv/locales/de.json",
        ] {
            assert!(!is_configuration(path), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(text in "([a-z_]{0,9}(password|token)? ?[=:] ?[\"'A-Za-z0-9#;, é]{0,20}\r?\n){0,8}") {
            for one in assigned(&text) {
                proptest::prop_assert!(text.is_char_boundary(one.at));
            }
        }
    }
}
