//! The history of a configuration, kept in step with its layers (OCI image specification, `config.md`, `history`).

use casehard_oci::History;

/// Marks the entries whose layer is gone as having none. `has_layer` says it for each layer, lowest first.
///
/// A history that speaks of other layers than there are comes out right: entries beyond the layers have none, and layers
/// beyond the entries get one that says that it was not recorded. A history that is not there stays so unless `grows`.
pub(super) fn in_step(mut history: Vec<History>, has_layer: &[bool], grows: bool) -> Vec<History> {
    if history.is_empty() && !grows {
        return history;
    }
    let mut layers = has_layer.iter();
    for entry in history.iter_mut().filter(|entry| !entry.empty_layer) {
        entry.empty_layer = !layers.next().copied().unwrap_or(false);
    }
    history.extend(layers.filter(|has_layer| **has_layer).map(|_| History {
        comment: Some("not in the history of the original".to_owned()),
        ..History::default()
    }));
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
        let stepped = in_step(history, &[true, false, true], false);
        let empty: Vec<bool> = stepped.iter().map(|entry| entry.empty_layer).collect();
        assert_eq!(empty, [false, true, true, false]);
    }

    #[test]
    fn a_history_that_does_not_match_its_layers_is_mended() {
        let layers_of = |history: Vec<History>, has_layer: &[bool], grows| {
            in_step(history, has_layer, grows).iter().filter(|entry| !entry.empty_layer).count()
        };
        assert_eq!(layers_of(Vec::new(), &[true, true], false), 0);
        assert_eq!(layers_of(Vec::new(), &[true, false, true], true), 2);
        assert_eq!(layers_of(vec![History::default()], &[true, true, false], false), 2);
        assert_eq!(layers_of(vec![History::default(); 3], &[true], false), 1);
    }
}
