//! What the names of a text line stand for.

use super::access::{NAMES, Name};
use super::options::FieldSpec;
use super::text::{IdField, TextField, TextLayout};

/// So many parts behind the combined format are told by their place before their names are made up.
const FEW: usize = 8;

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
    /// Those of the parts that are called by their place, from the first on.
    of_places: [Role; FEW],
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
        let nothing = Role::default();
        let mut roles = Self { id, status, time, of_access: [nothing; NAMES.len()], of_places: [nothing; FEW] };
        roles.of_access = NAMES.map(|name| roles.of_key(name.as_bytes()));
        roles.of_places = std::array::from_fn(|before| roles.role(|wanted| Name::Position(before + 1).is(wanted)));
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

    /// The role of a part behind the combined format.
    #[inline(always)]
    pub(super) fn of_part(&self, name: Name<'_>) -> Role {
        match name {
            Name::Key(key) => self.of_key(key),
            Name::Position(number) => match self.of_places.get(number.wrapping_sub(1)) {
                Some(role) => *role,
                None => self.role(|wanted| name.is(wanted)),
            },
        }
    }

    /// The role of a key.
    #[inline(always)]
    pub(super) fn of_key(&self, key: &[u8]) -> Role {
        self.role(|wanted| key == wanted)
    }

    #[inline(always)]
    fn role(&self, is_called: impl Fn(&[u8]) -> bool) -> Role {
        let is = |spec: &Option<FieldSpec>| spec.as_ref().is_some_and(|spec| is_called(spec.as_str().as_bytes()));
        Role { is_id: is(&self.id), is_status: is(&self.status), is_time: is(&self.time) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::Shape;
    use super::*;

    #[test]
    fn a_part_has_the_role_of_its_name_wherever_it_stands() {
        let layout = |[id, status, time]: [&str; 3]| TextLayout {
            shape: Shape::Access,
            id: IdField::Named(FieldSpec::known(id)),
            status: Some(TextField::Named(FieldSpec::known(status))),
            time: Some(TextField::Named(FieldSpec::known(time))),
        };
        for wanted in [["agent", "status", "time"], ["extra1", "extra6", "extra7"], ["id", "id", "bytes"]] {
            let roles = Roles::of(&layout(wanted));
            let expected = |name: &str| Role {
                is_id: wanted[0] == name,
                is_status: wanted[1] == name,
                is_time: wanted[2] == name,
            };
            assert_eq!(roles.of_access(), NAMES.map(expected));
            let keys = ["id", "time", "other"].map(|key| Name::Key(key.as_bytes()));
            for name in (1..20).map(Name::Position).chain(keys) {
                assert_eq!(roles.of_part(name), expected(&name.shown()), "{name:?}");
            }
        }
    }
}
