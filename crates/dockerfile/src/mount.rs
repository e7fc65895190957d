//! `RUN --mount` (BuildKit `instructions/commands_runmount.go`).

use crate::{Flag, Word};

/// The value of a `--mount` flag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mount {
    /// `bind` (when nothing is said), `cache`, `tmpfs`, `secret`, `ssh`.
    pub kind: String,
    /// Where, when said (`target`, `dst` or `destination`).
    pub target: Option<String>,
    /// From where (`source` or `src`).
    pub source: Option<String>,
    /// Which stage or image (`from`).
    pub from: Option<Word>,
    /// The identifier of a secret, cache or agent.
    pub id: Option<String>,
    /// The variable that gets a secret.
    pub env: Option<String>,
}

impl Mount {
    /// Reads a `--mount` flag; values that hold variables stay as written.
    #[must_use]
    pub fn of(flag: &Flag) -> Option<Self> {
        let value = flag.value.as_ref().filter(|_| flag.name == "mount")?;
        let mut mount = Self { kind: "bind".to_owned(), ..Self::default() };
        let mut at = 0;
        for field in value.text.split(',') {
            let (key, text) = field.split_once('=').unwrap_or((field, ""));
            let text_start = at + key.len() + 1;
            at += field.len() + 1;
            let text = text.trim_matches(['"', '\'']).to_owned();
            match key.trim().trim_matches(['"', '\'']).to_ascii_lowercase().as_str() {
                "type" => mount.kind = text.to_ascii_lowercase(),
                "target" | "dst" | "destination" => mount.target = Some(text),
                "source" | "src" => mount.source = Some(text),
                "from" => {
                    let start = value.range.start + text_start;
                    mount.from = Some(Word { range: start..start + text.len(), text });
                }
                "id" => mount.id = Some(text),
                "env" => mount.env = Some(text),
                _ => {}
            }
        }
        Some(mount)
    }
}
