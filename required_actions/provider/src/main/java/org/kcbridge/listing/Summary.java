package org.kcbridge.listing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.zip.CRC32;

/**
 * Users in buckets by their ids: how many, and the sum of what stands for each of them. When both are equal on both ends,
 * nobody in that bucket differs. See « users/digests/summary » in docs/protocol.md. Not thread-safe.
 */
public final class Summary {

    /** Of both ends of the protocol. */
    public static final int BUCKETS = 4_096;

    private final String seed;
    private final MessageDigest sha256 = Sha256.digest();
    private final StringBuilder text = new StringBuilder(512);
    private final int[] counts = new int[BUCKETS];
    private final long[] sums = new long[BUCKETS];
    private long count;

    /** @param seed of the asker's choice, so that nobody can prepare users whose changes cancel each other */
    Summary(String seed) {
        this.seed = seed;
    }

    static int bucket(String id) {
        CRC32 crc = new CRC32();
        crc.update(id.getBytes(StandardCharsets.UTF_8));
        return (int) (crc.getValue() % BUCKETS);
    }

    /**
     * @param digest the one the sync left; null for none
     * @param current that of what the user has now; null where none was asked for
     */
    void add(String id, String key, boolean enabled, String digest, String current) {
        text.setLength(0);
        text.append(seed).append('\n').append(id).append('\n').append(key).append('\n').append(enabled).append('\n')
                .append(orEmpty(digest)).append('\n').append(orEmpty(current));
        byte[] hash = sha256.digest(text.toString().getBytes(StandardCharsets.UTF_8));
        int bucket = bucket(id);
        counts[bucket]++;
        sums[bucket] += ByteBuffer.wrap(hash).getLong();
        count++;
    }

    void add(Summary other) {
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            counts[bucket] += other.counts[bucket];
            sums[bucket] += other.sums[bucket];
        }
        count += other.count;
    }

    long count() {
        return count;
    }

    /** One of each bucket that has users; sums in hexadecimal, since many readers of JSON round such numbers. */
    Lines lines() {
        Lines lines = new Lines();
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            if (counts[bucket] > 0) {
                int number = bucket;
                lines.add(line -> line.member("bucket", number).member("count", counts[number])
                        .member("sum", String.format("%016x", sums[number])));
            }
        }
        return lines;
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
