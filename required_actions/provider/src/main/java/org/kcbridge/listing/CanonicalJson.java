package org.kcbridge.listing;

import java.util.Arrays;
import java.util.Comparator;

/**
 * JSON with one way to write each value: members in the order of their names, no space, characters as they are but for
 * quotes, backslashes and controls. It is what Python's {@code json} writes with sorted keys, compact separators and
 * without escaping beyond ASCII, so that both ends take the same digest of the same content.
 */
final class CanonicalJson {

    /** By code points: UTF-16 units would sort what is beyond the basic plane before U+E000. */
    static final Comparator<String> BY_CODE_POINTS = CanonicalJson::compare;

    private final StringBuilder text;

    CanonicalJson(StringBuilder text) {
        this.text = text;
    }

    /** @param name of a member; the caller keeps the order */
    CanonicalJson member(String name, String value) {
        name(name);
        if (value == null) {
            text.append("null");
        } else {
            string(value);
        }
        return this;
    }

    CanonicalJson member(String name, boolean value) {
        name(name);
        text.append(value);
        return this;
    }

    CanonicalJson member(String name, long value) {
        name(name);
        text.append(value);
        return this;
    }

    /** @param lists in the places of their names; null for one that shall not be there */
    CanonicalJson member(String name, Names names, String[][] lists) {
        name(name);
        text.append('{');
        for (int i = 0; i < lists.length; i++) {
            if (lists[i] != null) {
                name(names.at(i));
                strings(lists[i]);
            }
        }
        text.append('}');
        return this;
    }

    CanonicalJson open() {
        text.append('{');
        return this;
    }

    CanonicalJson close() {
        text.append('}');
        return this;
    }

    private void name(String name) {
        if (text.charAt(text.length() - 1) != '{') {
            text.append(',');
        }
        string(name);
        text.append(':');
    }

    private void strings(String[] values) {
        String[] ordered = values;
        if (values.length > 1) {
            ordered = values.clone();
            Arrays.sort(ordered, BY_CODE_POINTS);
        }
        text.append('[');
        String comma = "";
        for (String value : ordered) {
            text.append(comma);
            string(value);
            comma = ",";
        }
        text.append(']');
    }

    private void string(String value) {
        text.append('"');
        if (isPlain(value)) {
            text.append(value);
        } else {
            escaped(value);
        }
        text.append('"');
    }

    /** Nearly every text is: then it is copied whole. */
    private static boolean isPlain(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < ' ' || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    private void escaped(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case '\b' -> text.append("\\b");
                case '\f' -> text.append("\\f");
                default -> {
                    if (c < ' ') {
                        text.append(String.format("\\u%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
    }

    private static int compare(String left, String right) {
        int shorter = Math.min(left.length(), right.length());
        for (int i = 0; i < shorter; i++) {
            char l = left.charAt(i);
            char r = right.charAt(i);
            if (l != r) {
                // Where they differ a surrogate stands for a code point beyond all others.
                boolean leftHigh = Character.isSurrogate(l);
                return leftHigh == Character.isSurrogate(r) ? l - r : leftHigh ? 1 : -1;
            }
        }
        return left.length() - right.length();
    }
}
