//! Small ELF files for tests, made up of their parts.

/// What a made-up program states.
#[derive(Default)]
pub struct Program<'a> {
    /// `PT_INTERP`.
    pub interpreter: Option<&'a str>,
    /// `DT_NEEDED`.
    pub needed: &'a [&'a str],
    /// `DT_SONAME`.
    pub soname: Option<&'a str>,
    /// `DT_RPATH`.
    pub rpath: Option<&'a str>,
    /// `DT_RUNPATH`.
    pub runpath: Option<&'a str>,
    /// Names among its dynamic strings, as those of calls that it imports.
    pub imports: &'a [&'a str],
    /// Strings among its constants.
    pub constants: &'a [&'a str],
    /// Sections beside them: name and content.
    pub sections: &'a [(&'a str, &'a [u8])],
}

/// The bytes of a 64-bit little-endian x86-64 file. Its one loaded segment is the whole file at address 0.
pub fn build(program: &Program<'_>) -> Vec<u8> {
    let mut strings = vec![0u8];
    let mut dynamic: Vec<(u64, u64)> = Vec::new();
    let named = program.needed.iter().map(|name| (1, *name));
    let single = [(14, program.soname), (15, program.rpath), (29, program.runpath)];
    for (tag, text) in named.chain(single.into_iter().filter_map(|(tag, text)| Some((tag, text?)))) {
        dynamic.push((tag, strings.len() as u64));
        strings.extend(text.as_bytes());
        strings.push(0);
    }
    for name in program.imports {
        strings.extend(name.as_bytes());
        strings.push(0);
    }
    let mut constants = vec![0u8];
    for text in program.constants {
        constants.extend(text.as_bytes());
        constants.push(0);
    }
    let interpreter: Vec<u8> =
        program.interpreter.map(|path| [path.as_bytes(), b"\0"].concat()).unwrap_or_default();
    let head = 64 + 3 * 56;
    let strings_at = head as u64;
    let dynamic_at = (strings_at + strings.len() as u64).next_multiple_of(8);
    let dynamic_size = 16 * (dynamic.len() as u64 + 3);
    let interpreter_at = dynamic_at + dynamic_size;
    dynamic.extend([(5, strings_at), (10, strings.len() as u64), (0, 0)]);

    let mut body = vec![0u8; head];
    body.extend(&strings);
    body.resize(dynamic_at as usize, 0);
    for (tag, value) in dynamic {
        body.extend(tag.to_le_bytes());
        body.extend(value.to_le_bytes());
    }
    body.extend(&interpreter);
    body.extend(&constants);
    let (sections_at, section_count) = add_sections(&mut body, program.sections);

    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend(3u16.to_le_bytes()); // ET_DYN
    file.extend(62u16.to_le_bytes()); // EM_X86_64
    file.extend(1u32.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend(64u64.to_le_bytes());
    file.extend(sections_at.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 3, 64, section_count, section_count.saturating_sub(1)] {
        file.extend(half.to_le_bytes());
    }
    let size = body.len() as u64;
    let interp_type = if program.interpreter.is_some() { 3 } else { 0 };
    for (kind, at, size) in [
        (1u32, 0, size),
        (2, dynamic_at, dynamic_size),
        (interp_type, interpreter_at, interpreter.len() as u64),
    ] {
        file.extend(kind.to_le_bytes());
        file.extend(4u32.to_le_bytes());
        for word in [at, at, at, size, size, 8u64] {
            file.extend(word.to_le_bytes());
        }
    }
    body[..head].copy_from_slice(&file);
    body
}

/// Appends sections and their table; returns where it stands and how many there are.
fn add_sections(body: &mut Vec<u8>, sections: &[(&str, &[u8])]) -> (u64, u16) {
    if sections.is_empty() {
        return (0, 0);
    }
    let mut names = vec![0u8];
    let mut table = vec![[0u64; 3]];
    for (name, content) in sections {
        body.resize(body.len().next_multiple_of(16), 0);
        table.push([names.len() as u64, body.len() as u64, content.len() as u64]);
        names.extend(name.as_bytes());
        names.push(0);
        body.extend(*content);
    }
    table.push([names.len() as u64, body.len() as u64, names.len() as u64 + 10]);
    names.extend(b".shstrtab\0");
    body.extend(&names);
    body.resize(body.len().next_multiple_of(8), 0);
    let at = body.len() as u64;
    for (index, [name, offset, size]) in table.iter().enumerate() {
        let kind: u32 = match index {
            0 => 0,
            _ if index == table.len() - 1 => 3,
            _ => 1,
        };
        body.extend((*name as u32).to_le_bytes());
        body.extend(kind.to_le_bytes());
        for word in [2, 0, *offset, *size, 0u64, 1, 0] {
            body.extend(word.to_le_bytes());
        }
    }
    (at, table.len() as u16)
}
