//! Which kind of file something is, by its name and its first lines.

use casehard_finding::Subject;

/// Which kind of file something is; `None` when no rule is about it.
#[must_use]
pub fn kind(path: &str, bytes: &[u8]) -> Option<Subject> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    if name.ends_with(".dockerignore") || name == ".containerignore" {
        return Some(Subject::Dockerignore);
    }
    let stem = ["dockerfile", "containerfile"].iter().any(|word| {
        name == *word
            || name
                .strip_prefix(word)
                .is_some_and(|rest| rest.starts_with(['.', '-', '_']) && !is_other(rest))
            || name.strip_suffix(word).is_some_and(|rest| rest.ends_with(['.', '-', '_']))
    });
    if stem {
        return Some(Subject::Dockerfile);
    }
    if !name.ends_with(".yaml") && !name.ends_with(".yml") {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(256 << 10)]);
    // A template is not YAML yet.
    if text.contains("{{") && (text.contains("{{-") || text.contains("{{ .") || text.contains("{{ include")) {
        return None;
    }
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    if has("apiVersion:") && has("kind:") {
        return Some(Subject::Kubernetes);
    }
    let compose_name =
        name.starts_with("compose.") || name.starts_with("docker-compose") || name.starts_with("compose-");
    if compose_name && has("include:") {
        return Some(Subject::Compose);
    }
    (has("services:") && (compose_name || text.contains("image:") || text.contains("build:")))
        .then_some(Subject::Compose)
}

/// Whether what follows `Dockerfile` says that it is something else.
fn is_other(rest: &str) -> bool {
    [
        ".md",
        ".txt",
        ".json",
        ".yml",
        ".yaml",
        ".sh",
        ".py",
        ".go",
        ".rs",
        ".js",
        ".ts",
        ".bak",
        ".erb",
        ".j2",
        ".tmpl",
        ".tpl",
        ".mustache",
        ".template",
        ".jinja",
        ".jinja2",
        ".in",
    ]
    .iter()
    .any(|end| rest.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_name_and_content() {
        for name in
            ["Dockerfile", "a/Dockerfile.prod", "web.Dockerfile", "Containerfile", "Dockerfile-alpine"]
        {
            assert_eq!(kind(name, b""), Some(Subject::Dockerfile), "{name}");
        }
        for name in ["Dockerfile.md", "dockerfiles", "Dockerfile.j2", "a.txt"] {
            assert_eq!(kind(name, b""), None, "{name}");
        }
        assert_eq!(kind("app.Dockerfile.dockerignore", b""), Some(Subject::Dockerignore));
        assert_eq!(kind("x.yml", b"apiVersion: v1\nkind: Pod\n"), Some(Subject::Kubernetes));
        assert_eq!(kind("compose.yaml", b"services:\n"), Some(Subject::Compose));
        assert_eq!(kind("compose.yml", b"include: [db.yml]\n"), Some(Subject::Compose));
        assert_eq!(kind("x.yaml", b"a: b\n"), None);
    }
}
