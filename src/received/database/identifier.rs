//! Names of tables and columns: read from an address, written into SQL only in quotes.

use std::fmt;

/// The longest name that is taken, in bytes; databases allow less.
const LONGEST: usize = 256;

/// Why a name can't be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("a name is empty")]
    Empty,
    /// The name is longer than any database allows.
    #[error("a name is longer than {LONGEST} bytes")]
    TooLong,
    /// The name holds a byte that ends a text in databases.
    #[error("a name holds a zero byte")]
    ZeroByte,
    /// A quote is not closed, or something follows it.
    #[error("a quoted name must end with its quote; a quote inside is written twice")]
    Quotes,
    /// There are more parts than a schema and a table.
    #[error("a table is named TABLE or SCHEMA.TABLE; a name with a dot needs double quotes")]
    TooManyParts,
}

/// The name of a table, a column or a schema, exactly as the database spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Takes a name.
    ///
    /// # Errors
    /// When no database could have such a name.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        match text.len() {
            0 => Err(NameError::Empty),
            _ if text.contains('\0') => Err(NameError::ZeroByte),
            length if length > LONGEST => Err(NameError::TooLong),
            _ => Ok(Self(text)),
        }
    }

    /// The name as a part of SQL: in quotes, whatever it holds.
    pub(super) fn sql(&self) -> String {
        format!("\"{}\"", self.0.replace('"', "\"\""))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// The name of a table, with its schema where one was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    schema: Option<Name>,
    table: Name,
}

impl TableName {
    /// Reads `table`, `schema.table` or `"quo.ted"."ta""ble"`.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (first, rest) = take_part(text)?;
        let Some(rest) = rest else { return Ok(Self { schema: None, table: first }) };
        match take_part(rest)? {
            (table, None) => Ok(Self { schema: Some(first), table }),
            (_, Some(_)) => Err(NameError::TooManyParts),
        }
    }

    /// The name as a part of SQL.
    pub(super) fn sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", schema.sql(), self.table.sql()),
            None => self.table.sql(),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(formatter, "{schema}.{}", self.table),
            None => write!(formatter, "{}", self.table),
        }
    }
}

/// The first part of a dotted name, and what follows its dot.
fn take_part(text: &str) -> Result<(Name, Option<&str>), NameError> {
    let Some(quoted) = text.strip_prefix('"') else {
        return match text.split_once('.') {
            Some((part, rest)) => Ok((Name::new(part)?, Some(rest))),
            None => Ok((Name::new(text)?, None)),
        };
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"').ok_or(NameError::Quotes)?;
        name.push_str(before);
        rest = match after.strip_prefix('"') {
            Some(doubled) => doubled,
            None if after.is_empty() => return Ok((Name::new(name)?, None)),
            None => {
                let rest = after.strip_prefix('.').ok_or(NameError::Quotes)?;
                return Ok((Name::new(name)?, Some(rest)));
            }
        };
        name.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> Result<String, NameError> {
        TableName::parse(text).map(|name| name.sql())
    }

    #[test]
    fn every_name_is_written_in_quotes() {
        assert_eq!(sql("received").unwrap(), r#""received""#);
        assert_eq!(sql("public.Received").unwrap(), r#""public"."Received""#);
        assert_eq!(sql(r#""a.b"."c""d""#).unwrap(), r#""a.b"."c""d""#);
        assert_eq!(sql(r#"x"; DROP TABLE y; --"#).unwrap(), r#""x""; DROP TABLE y; --""#);
        assert_eq!(Name::new(r#"a" OR "1"="1"#).unwrap().sql(), r#""a"" OR ""1""=""1""#);
    }

    #[test]
    fn what_names_no_table_is_refused() {
        for (text, error) in [
            ("", NameError::Empty),
            (".t", NameError::Empty),
            ("s.", NameError::Empty),
            (r#""""#, NameError::Empty),
            ("a.b.c", NameError::TooManyParts),
            (r#""a"#, NameError::Quotes),
            (r#""a"b"#, NameError::Quotes),
            ("a\0b", NameError::ZeroByte),
            (&"x".repeat(257), NameError::TooLong),
        ] {
            assert_eq!(sql(text), Err(error), "{text:?}");
        }
    }
}
