package org.kcbridge.listing;

import java.util.List;
import org.kcbridge.batch.Content;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.Powers;

/** What the sync may know of the users the bridge owns, and which those are. Not thread-safe. */
final class Owned {

    private final Powers powers;
    private final Names names;
    private final ContentDigest current;

    /**
     * @param names in whose places the users' values are
     * @param attributes those a digest of what the user has now is taken over; null for no such digest
     */
    Owned(Powers powers, Names names, List<String> attributes) {
        this.powers = powers;
        this.names = names;
        this.current = attributes == null ? null : new ContentDigest(names, new Names(attributes));
    }

    boolean has(Listed user) {
        String key = key(user);
        return key != null && !key.isBlank() && !powers.areHeldBy(user.id());
    }

    String key(Listed user) {
        return names.first(user.values(), Ownership.KEY_ATTRIBUTE);
    }

    /** @return the one the sync left; null for none */
    String digest(Listed user) {
        return names.first(user.values(), Content.DIGEST_ATTRIBUTE);
    }

    /** @return that of what the user has now; null where none was asked for */
    String current(Listed user) {
        return current == null ? null : current.of(user);
    }
}
