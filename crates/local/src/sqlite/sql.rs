//! The statements about single records, one set a table.

use omni_core::store::Table;

/// Statements of a listed table.
pub(super) struct TableSql {
    /// version, expiry, body by tenant and id.
    pub(super) get: &'static str,
    /// row, version, expiry, group by tenant and id.
    pub(super) find: &'static str,
    pub(super) insert: &'static str,
    /// By row (2); the group stays.
    pub(super) update: &'static str,
    /// By row (2), with the group: also moves its place in the group's index.
    pub(super) update_group: &'static str,
    pub(super) delete: &'static str,
}

macro_rules! table_sql {
    ($name:literal) => {
        TableSql {
            get: concat!("SELECT version, expires_at, body FROM ", $name, " WHERE tenant = ?1 AND id = ?2"),
            find: concat!(
                "SELECT row, version, expires_at, grp FROM ",
                $name,
                " WHERE tenant = ?1 AND id = ?2"
            ),
            insert: concat!(
                "INSERT INTO ",
                $name,
                " (tenant, id, version, status, direction, grp, expires_at, body)",
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            ),
            update: concat!(
                "UPDATE ",
                $name,
                " SET version = ?2, status = ?3, direction = ?4, expires_at = ?5, body = ?6 WHERE row = ?1"
            ),
            update_group: concat!(
                "UPDATE ",
                $name,
                " SET version = ?2, status = ?3, direction = ?4, expires_at = ?5, body = ?6, grp = ?7",
                " WHERE row = ?1"
            ),
            delete: concat!("DELETE FROM ", $name, " WHERE tenant = ?1 AND id = ?2"),
        }
    };
}

static MESSAGE: TableSql = table_sql!("message");
static CONVERSATION: TableSql = table_sql!("conversation");
static CUSTOMER: TableSql = table_sql!("customer");
static DEAD_LETTER: TableSql = table_sql!("dead_letter");

/// The statements of a listed table; `None` for pointers, which have their own.
pub(super) const fn of(table: Table) -> Option<&'static TableSql> {
    match table {
        Table::Message => Some(&MESSAGE),
        Table::Conversation => Some(&CONVERSATION),
        Table::Customer => Some(&CUSTOMER),
        Table::DeadLetter => Some(&DEAD_LETTER),
        Table::Pointer => None,
    }
}

pub(super) mod pointer {
    pub(in super::super) const GET: &str = "SELECT version, expires_at, body FROM pointer WHERE key = ?1";
    pub(in super::super) const PUT: &str =
        "INSERT OR REPLACE INTO pointer (key, version, expires_at, body) VALUES (?1, ?2, ?3, ?4)";
    pub(in super::super) const DELETE: &str = "DELETE FROM pointer WHERE key = ?1";
}
