-- The embedded ledger. Times are milliseconds since 1970-01-01 UTC; money is in the smallest unit
-- of the currency. To read it beside a running service: sqlite3 -readonly coupon.db (never without
-- -readonly: one process writes).

CREATE TABLE schema_version (
    version      INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL,
    date_applied INTEGER NOT NULL
) STRICT;

CREATE TABLE coupon (
    id               INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 8388607),  -- 23 bits of a row's key
    name             TEXT    NOT NULL,
    coupon_type      TEXT    NOT NULL DEFAULT 'FIRST_COME_FIRST_SERVED'
                             CHECK (coupon_type = 'FIRST_COME_FIRST_SERVED'),
    total_quantity   INTEGER CHECK (total_quantity >= 0),                   -- NULL = unlimited
    issued_quantity  INTEGER NOT NULL DEFAULT 0 CHECK (issued_quantity >= 0),
    discount_price   INTEGER NOT NULL CHECK (discount_price >= 0),
    minimum_price    INTEGER NOT NULL CHECK (minimum_price >= 0),
    date_issue_start INTEGER NOT NULL,
    date_issue_end   INTEGER NOT NULL,                                      -- the window is [start, end)
    expires_at       INTEGER,                                               -- NULL = never
    state            TEXT    NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
    shadow           INTEGER NOT NULL DEFAULT 0 CHECK (shadow IN (0, 1)),   -- a rehearsal
    date_created     INTEGER NOT NULL,
    date_updated     INTEGER NOT NULL,
    CHECK (date_issue_start < date_issue_end),
    CHECK (total_quantity IS NULL OR issued_quantity <= total_quantity)
) STRICT;

-- No unique index on (coupon_id, user_id): it costs 5-15 x on the append. That nobody has two is
-- decided by the admission's map, proved again from these rows at every start, and by the audit.
CREATE TABLE coupon_issuance (
    key         INTEGER PRIMARY KEY,                                        -- coupon_id << 40 | sequence
    coupon_id   INTEGER GENERATED ALWAYS AS (key >> 40) VIRTUAL,
    sequence    INTEGER GENERATED ALWAYS AS (key & 1099511627775) VIRTUAL,
    user_id     INTEGER NOT NULL,
    date_issued INTEGER NOT NULL,
    checksum    INTEGER NOT NULL                                            -- CRC32C of key, user_id, date_issued
) STRICT;

CREATE TABLE coupon_redemption (
    key           INTEGER PRIMARY KEY,                                      -- the issuance's key
    coupon_id     INTEGER GENERATED ALWAYS AS (key >> 40) VIRTUAL,
    sequence      INTEGER GENERATED ALWAYS AS (key & 1099511627775) VIRTUAL,
    order_amount  INTEGER NOT NULL CHECK (order_amount >= 0),
    date_redeemed INTEGER NOT NULL
) STRICT;

-- The operator's trail: what was changed when. Never updated, never deleted.
CREATE TABLE coupon_change (
    id           INTEGER PRIMARY KEY,
    coupon_id    INTEGER NOT NULL,
    action       TEXT    NOT NULL,                                          -- create, update, stock
    detail       TEXT    NOT NULL,
    date_changed INTEGER NOT NULL
) STRICT;
