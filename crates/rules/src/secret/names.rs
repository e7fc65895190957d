//! Names that say secret, and values that are none.

/// Whether a variable's name says that its value is secret. File names and public parts do not.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split(['_', '-', '.']).filter(|part| !part.is_empty()).collect();
    // What holds a path, an identifier, or a switch is not the secret itself.
    let last = parts.last().copied().unwrap_or_default();
    let about = [
        "FILE",
        "PATH",
        "DIR",
        "URL",
        "URI",
        "NAME",
        "ID",
        "USER",
        "LENGTH",
        "SIZE",
        "TTL",
        "EXPIRY",
        "ENABLED",
        "TYPE",
        "HEADER",
        "POLICY",
        "VERSION",
        "ALGORITHM",
        "PORT",
        "HOST",
        "SALT",
        "MODE",
        "HASH",
        "SHA256",
        "FINGERPRINT",
        "EXPIRES",
        "TIMEOUT",
        "COUNT",
        // What Rails takes instead of a key.
        "DUMMY",
    ];
    if about.contains(&last) || parts.contains(&"PUBLIC") || parts.contains(&"PUB") || parts.contains(&"GPG")
    {
        return false;
    }
    let plain = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "CREDENTIAL",
        "CREDENTIALS",
        "APIKEY",
        "PWD_DB",
        "PAT",
    ];
    let ends = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY"];
    let pairs = [
        ("API", "KEY"),
        ("ACCESS", "KEY"),
        ("PRIVATE", "KEY"),
        ("SECRET", "KEY"),
        ("AUTH", "KEY"),
        ("ENCRYPTION", "KEY"),
        ("SIGNING", "KEY"),
        ("ACCOUNT", "KEY"),
        ("DB", "PASS"),
        ("SSH", "KEY"),
        ("MASTER", "KEY"),
        ("LICENSE", "KEY"),
        ("RAILS", "KEY"),
        ("DEVISE", "PEPPER"),
    ];
    // Bundler's passwords for a host: `BUNDLE_GEMS__EXAMPLE__COM`. Other settings with a dot look alike.
    let others = ["LOCAL__", "BUILD__", "MIRROR__", "PATH__", "GEM__", "IGNORE_MESSAGES__"];
    let host =
        upper.strip_prefix("BUNDLE_").filter(|rest| !others.iter().any(|other| rest.starts_with(other)));
    if host.is_some_and(|rest| rest.contains("__")) {
        return true;
    }
    parts.iter().any(|part| plain.contains(part) || ends.iter().any(|end| part.ends_with(end)))
        || parts.windows(2).any(|two| pairs.contains(&(two[0], two[1])))
}

/// Whether a value stands for a secret and is none.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let trimmed = lower.trim_matches(['"', '\'', ' ']);
    let words = [
        "example",
        "changeme",
        "change_me",
        "change-me",
        "placeholder",
        "your",
        "xxxx",
        "****",
        "redacted",
        "dummy",
        "sample",
        "insert",
        "replace",
        "todo",
        "fixme",
        "notasecret",
        "not-a-secret",
        "0000000",
        "123456",
        "abcdef",
        "fake",
        "test",
    ];
    trimmed.is_empty()
        || words.iter().any(|word| trimmed.contains(word))
        || [
            "password", "secret", "token", "none", "null", "true", "false", "pass", "root", "admin", "user",
            "postgres", "mysql", "foo", "bar", "default",
        ]
        .contains(&trimmed)
        || trimmed.starts_with(['$', '<', '{', '%', '@'])
        || trimmed.contains("${")
        || trimmed.contains("$(")
        || trimmed.contains("{{")
        || trimmed.chars().all(|c| trimmed.starts_with(c))
}

/// What a file with this path holds, when its name says that it is secret.
pub(crate) fn is_secret_file(path: &str) -> Option<&'static str> {
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let example = ["example", "sample", "template", "dist", "test", "defaults"];
    if example.iter().any(|word| name.split(['.', '-', '_']).any(|part| part == *word)) {
        return None;
    }
    let exact = match name.as_str() {
        "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" | "identity" => "an SSH private key",
        ".netrc" | "_netrc" => "passwords for hosts",
        ".npmrc" | ".yarnrc" => "a registry token",
        ".pypirc" => "a registry password",
        ".git-credentials" => "Git passwords",
        ".dockercfg" | ".dockerconfigjson" => "registry passwords",
        ".env" | ".envrc" => "environment with secrets",
        ".htpasswd" => "password hashes",
        ".pgpass" => "database passwords",
        "kubeconfig" => "cluster credentials",
        "terraform.tfstate" | "terraform.tfvars" => "infrastructure secrets",
        "credentials" if folder == ".aws" => "AWS keys",
        ".aws" | ".azure" | ".kube" | ".gnupg" | ".ssh" => "credentials",
        "config" if folder == ".kube" => "cluster credentials",
        "config.json" if folder == ".docker" => "registry passwords",
        "secrets.yml" | "secrets.yaml" | "secrets.json" | "credentials.json" | "service-account.json" => {
            "secrets"
        }
        _ => "",
    };
    if !exact.is_empty() {
        return Some(exact);
    }
    if name.starts_with(".env.") {
        return Some("environment with secrets");
    }
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("key" | "ppk") => Some("a private key"),
        Some("p12" | "pfx" | "jks" | "keystore" | "kdbx") => Some("a key store"),
        Some("pem") if name.contains("key") || name.contains("priv") => Some("a private key"),
        Some("tfstate") => Some("infrastructure secrets"),
        Some("ovpn") => Some("network credentials"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_secret_or_not() {
        for name in [
            "DB_PASSWORD",
            "API_KEY",
            "NPM_TOKEN",
            "githubToken",
            "AWS_SECRET_ACCESS_KEY",
            "PGPASSWORD",
            "my.secret",
            "BUNDLE_GEMS__EXAMPLE__COM",
            "RAILS_KEY",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "TOKEN_URL",
            "GPG_KEY",
            "PUBLIC_KEY",
            "KEY",
            "AUTHOR",
            "SECRET_NAME",
            "MONKEY",
            "TOKENIZER",
            "COMPASS_X",
            "BUNDLE_LOCAL__RACK",
            "BUNDLE_PATH__SYSTEM",
            "BUNDLE_WITHOUT",
            "SECRET_KEY_BASE_DUMMY",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn files_say_secret_or_not() {
        for path in [
            "id_rsa",
            "./.env",
            "conf/.env.production",
            ".ssh/",
            "a/server.key",
            "/root/.aws/credentials",
            "x/privkey.pem",
        ] {
            assert!(is_secret_file(path).is_some(), "{path}");
        }
        for path in [".env.example", "cert.pem", "key.go", "id_rsa.pub", "config.json", "env", "monkey"] {
            assert!(is_secret_file(path).is_none(), "{path}");
        }
    }
}
