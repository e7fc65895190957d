//! The history of a configuration, kept in step with its layers (OCI image specification, `config.md`, `history`).

use casehard_oci::History;

/// Marks the entries whose layer is gone as having none. `has_layer` says it for each layer, lowest first; entries
/// beyond the layers, and layers beyond the entries, are left as they are.
pub(super) fn in_step(mut history: Vec<History>, has_layer: &[bool]) -> Vec<History> {
    for (entry, has_layer) in history.iter_mut().filter(|entry| !entry.empty_layer).zip(has_layer) {
        entry.empty_layer = !has_layer;
    }
    history
}

/// What stands in the history for the layer of additions.
pub(super) fn of_additions(created: Option<String>) -> History {
    History {
        created,
        created_by: Some("casehard".to_owned()),
        comment: Some("files put in by the edit".to_owned()),
        ..History::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_whose_layer_is_gone_has_none() {
        let entry = |empty_layer| History { empty_layer, ..History::default() };
        let history = vec![entry(false), entry(true), entry(false), entry(false)];
        let stepped = in_step(history, &[true, false, true]);
        let empty: Vec<bool> = stepped.iter().map(|entry| entry.empty_layer).collect();
        assert_eq!(empty, [false, true, true, false]);
    }
}
