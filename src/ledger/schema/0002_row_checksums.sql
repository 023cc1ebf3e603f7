-- checksum_of is the service's own: CRC32C of the values. A row without its checksum is damage.
-- issued_quantity has no part in it: it is proved from the issuances at every start.

ALTER TABLE coupon ADD COLUMN checksum INTEGER;
UPDATE coupon SET checksum = checksum_of(
    id, name, total_quantity, discount_price, minimum_price, date_issue_start, date_issue_end,
    expires_at, state, shadow, date_created, date_updated);

ALTER TABLE coupon_redemption ADD COLUMN checksum INTEGER;
UPDATE coupon_redemption SET checksum = checksum_of(key, order_amount, date_redeemed);
