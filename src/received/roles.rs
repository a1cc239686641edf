//! What the names of a text line stand for.

use super::access::NAMES;
use super::options::FieldSpec;
use super::text::{IdField, TextField, TextLayout};

/// What one name stands for; mostly nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Role {
    /// Its value is the id.
    pub(super) is_id: bool,
    /// Its value is the status code.
    pub(super) is_status: bool,
    /// Its value is the time.
    pub(super) is_time: bool,
}

/// The fields of a layout that stand under names.
#[derive(Debug)]
pub(super) struct Roles {
    id: Option<FieldSpec>,
    status: Option<FieldSpec>,
    time: Option<FieldSpec>,
    /// The roles of the names that each access has, so that they need not be compared line by line.
    of_access: [Role; NAMES.len()],
}

impl Roles {
    /// The fields of this layout.
    pub(super) fn of(layout: &TextLayout) -> Self {
        let id = match &layout.id {
            IdField::Named(spec) => Some(spec.clone()),
            IdField::Pattern(_) => None,
        };
        let other = |field: &Option<TextField>| match field {
            Some(TextField::Named(spec)) => Some(spec.clone()),
            Some(TextField::Group(_) | TextField::Pattern(_)) | None => None,
        };
        let (status, time) = (other(&layout.status), other(&layout.time));
        let mut roles = Self { id, status, time, of_access: [Role::default(); NAMES.len()] };
        roles.of_access = NAMES.map(|name| roles.role(|wanted| wanted == name.as_bytes()));
        roles
    }

    /// Whether any field stands under a name.
    pub(super) fn are_any(&self) -> bool {
        [&self.id, &self.status, &self.time].into_iter().any(Option::is_some)
    }

    /// The roles of [`NAMES`].
    pub(super) fn of_access(&self) -> [Role; NAMES.len()] {
        self.of_access
    }

    /// The role of what is called by a field's name or is not.
    #[inline(always)]
    pub(super) fn role(&self, is_called: impl Fn(&[u8]) -> bool) -> Role {
        let is = |spec: &Option<FieldSpec>| spec.as_ref().is_some_and(|spec| is_called(spec.as_str().as_bytes()));
        Role { is_id: is(&self.id), is_status: is(&self.status), is_time: is(&self.time) }
    }
}
