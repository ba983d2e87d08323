-- Totals of each campaign from windows.jsonl. A later revision of a row replaces the earlier one.
WITH newest AS (
    SELECT *
    FROM read_json_auto('windows.jsonl')
    QUALIFY row_number() OVER (
        PARTITION BY campaign_id, creative_id, stand_id, start_ns, synthetic, virtual
        ORDER BY revision DESC
    ) = 1
)
SELECT
    campaign_id,
    sum(plays) AS plays,
    sum(ots) AS ots,
    sum(watchers) AS watchers,
    sum(watchers) / nullif(sum(ots), 0) AS conversion,
    sum(attention_ns) / 1e9 AS attention_seconds,
    sum(offers_redeemed) AS offers_redeemed
FROM newest
-- People before a virtual player saw nothing, and synthetic visitors are nobody.
WHERE NOT virtual AND NOT synthetic
GROUP BY campaign_id
ORDER BY campaign_id;
