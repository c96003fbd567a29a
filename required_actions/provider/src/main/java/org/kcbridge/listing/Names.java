package org.kcbridge.listing;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names of attributes in the order canonical JSON has them, sorted once; a user's values stand in the same places. */
final class Names {

    private final String[] sorted;
    private final Map<String, Integer> places = new HashMap<>();

    Names(Collection<String> names) {
        sorted = names.stream().distinct().sorted(CanonicalJson.BY_CODE_POINTS).toArray(String[]::new);
        for (int i = 0; i < sorted.length; i++) {
            places.put(sorted[i], i);
        }
    }

    List<String> all() {
        return Arrays.asList(sorted);
    }

    int count() {
        return sorted.length;
    }

    String at(int place) {
        return sorted[place];
    }

    /** @return null for a name that is none of these */
    Integer place(String name) {
        return places.get(name);
    }

    /** @param values of these names */
    String first(String[][] values, String name) {
        String[] found = values[places.get(name)];
        return found == null ? null : found[0];
    }

    /**
     * @param some of these names
     * @param values of these names
     * @return those of {@code some}
     */
    String[][] pick(Names some, String[][] values) {
        String[][] picked = new String[some.sorted.length][];
        for (int i = 0; i < picked.length; i++) {
            picked[i] = values[places.get(some.sorted[i])];
        }
        return picked;
    }
}
