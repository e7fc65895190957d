//! `/etc/passwd` and `/etc/shadow`.

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) shell: String,
}

/// The accounts of a `passwd(5)` text; lines that are none are passed over.
pub(crate) fn accounts(text: &[u8]) -> Vec<Account> {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, _, _, shell] = fields.as_slice() else { return None };
            Some(Account {
                name: (*name).to_owned(),
                uid: uid.parse().ok()?,
                gid: gid.parse().ok()?,
                shell: (*shell).to_owned(),
            })
        })
        .collect()
}

/// The names of accounts without a password at all: an empty second field of a `shadow(5)` or `passwd(5)` text.
pub(crate) fn without_password(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let (name, hash) = (fields.next()?, fields.next()?);
            (!name.is_empty() && hash.is_empty() && fields.count() >= 5).then(|| name.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_broken_ones_passed_over() {
        let found = accounts(b"root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:10:20::/:/sbin/nologin\n");
        assert_eq!(
            found.iter().map(|account| (account.uid, account.gid)).collect::<Vec<_>>(),
            [(0, 0), (10, 20)]
        );
        assert_eq!(without_password(b"root::1:0:99999:7:::\nbin:*:1:0:99999:7:::\n"), ["root"]);
    }
}
