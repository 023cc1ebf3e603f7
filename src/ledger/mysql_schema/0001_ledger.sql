-- The ledger of several processes, in MySQL 8 or MariaDB. Times are UTC (every session's time zone
-- is +00:00); money is in the smallest unit of the currency. A statement ends where a line does.
-- Every statement commits by itself there, so each may run again: after a crash in the middle, the
-- whole script does.
-- MySQL from 8.0.16 on, which is the first that holds CHECK; no name here is a word that MySQL 8 or 9
-- or MariaDB reserves, and nothing that only one of them has is used: no IF NOT EXISTS of an index or
-- a column, no RETURNING, no sequence, no alias of new rows.

CREATE TABLE IF NOT EXISTS coupon (
    id               bigint       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name             varchar(50)  NOT NULL,
    type             varchar(50)  NOT NULL DEFAULT 'FIRST_COME_FIRST_SERVED',
    total_quantity   int          NULL,                           -- NULL = unlimited
    issued_quantity  int          NOT NULL DEFAULT 0,
    discount_price   bigint       NOT NULL,
    minimum_price    bigint       NOT NULL,
    issue_start_date datetime(6)  NOT NULL,
    issue_end_date   datetime(6)  NOT NULL,                       -- the window is [start, end)
    expires_at       datetime(6)  NULL,                           -- NULL = never
    state            varchar(10)  NOT NULL,                       -- open, paused, closed
    shadow           tinyint      NOT NULL DEFAULT 0,             -- a rehearsal
    epoch            bigint       NOT NULL DEFAULT 0,             -- how often Redis was filled from here
    last_change      bigint       NOT NULL DEFAULT 0,             -- coupon_change.id applied last
    created_at       datetime(6)  NOT NULL,
    updated_at       datetime(6)  NOT NULL,
    KEY coupon_by_end (issue_end_date),
    CHECK (issued_quantity >= 0),
    CHECK (total_quantity IS NULL OR issued_quantity <= total_quantity),
    CHECK (issue_start_date < issue_end_date)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- No foreign key: each row of a batch would lock the coupon's row, which one UPDATE moves anyway.
-- What a row costs is what these tables cost: docs/decisions/0011. The key of user and coupon begins
-- with the user, so that it serves for everything a user holds, too.
CREATE TABLE IF NOT EXISTS coupon_issuance (
    id           bigint      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    coupon_id    bigint      NOT NULL,
    user_id      bigint      NOT NULL,
    sequence     int         NOT NULL,
    date_issued  datetime(6) NOT NULL,
    date_used    datetime(6) NULL,                                -- NULL = not redeemed
    order_amount bigint      NULL,
    created_at   datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    updated_at   datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    UNIQUE KEY issuance_of_user (user_id, coupon_id),
    UNIQUE KEY issuance_of_sequence (coupon_id, sequence),
    CHECK (user_id >= 1),
    CHECK (sequence >= 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What operators changed, and what they mean to change: an unfinished row is finished by whoever
-- finds it. Never deleted.
CREATE TABLE IF NOT EXISTS coupon_change (
    id          bigint        NOT NULL AUTO_INCREMENT PRIMARY KEY,
    coupon_id   bigint        NOT NULL,
    request_id  varchar(64)   NULL,                               -- the caller's; twice is once
    kind        varchar(16)   NOT NULL,                           -- create, update, stock
    new_name    varchar(50)   NULL,
    new_end     datetime(6)   NULL,
    new_state   varchar(10)   NULL,
    stock_delta bigint        NOT NULL DEFAULT 0,
    status      varchar(16)   NOT NULL,                           -- pending, ledger_done, done, refused
    reason      varchar(1000) NOT NULL DEFAULT '',
    changed_by  varchar(100)  NOT NULL,
    created_at  datetime(6)   NOT NULL,
    updated_at  datetime(6)   NOT NULL,
    UNIQUE KEY change_of_request (request_id),
    KEY change_by_coupon (coupon_id, id),
    KEY change_by_status (status, coupon_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Accepted claims that the ledger could not take, until somebody decides about them.
CREATE TABLE IF NOT EXISTS dead_letter (
    id         bigint        NOT NULL AUTO_INCREMENT PRIMARY KEY,
    coupon_id  bigint        NOT NULL,
    user_id    bigint        NOT NULL,
    sequence   bigint        NOT NULL,
    epoch      bigint        NOT NULL,
    issued_at  datetime(6)   NOT NULL,
    reason     varchar(32)   NOT NULL,                            -- lost_epoch, conflict, invalid, ...
    detail     varchar(1000) NOT NULL DEFAULT '',
    status     varchar(16)   NOT NULL DEFAULT 'open',             -- open, retried, dropped
    created_at datetime(6)   NOT NULL,
    updated_at datetime(6)   NOT NULL,
    UNIQUE KEY dead_letter_of_claim (coupon_id, user_id, sequence, epoch),
    KEY dead_letter_by_status (status, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
