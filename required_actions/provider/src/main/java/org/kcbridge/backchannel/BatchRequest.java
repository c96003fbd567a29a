package org.kcbridge.backchannel;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.kcbridge.batch.Content;
import org.kcbridge.batch.Write;
import org.kcbridge.login.Ownership;
import org.keycloak.models.UserModel;

/**
 * What {@code users/batch} is asked to do. One row that is not as promised refuses the whole request: that is a mistake
 * of the program that sent it, not of a person's data.
 *
 * @param fence number of the run; a newer run has a higher one
 */
record BatchRequest(long fence, List<Write> writes) {

    private static final int MOST = 500;
    private static final int LONGEST_KEY = 255;
    private static final Set<String> KINDS = Set.of("create", "update", "enable", "disable", "delete");

    /** Said by fields of their own. */
    private static final Set<String> RESERVED = Set.of(Ownership.KEY_ATTRIBUTE, Content.DIGEST_ATTRIBUTE,
            UserModel.USERNAME, UserModel.EMAIL, UserModel.FIRST_NAME, UserModel.LAST_NAME);

    static BatchRequest read(Body body) {
        long fence = body.number("fence");
        List<Body> rows = body.objects("users");
        if (rows.size() > MOST) {
            throw Refusal.tooMany(MOST);
        }
        Set<String> named = new HashSet<>();
        List<Write> writes = new ArrayList<>(rows.size());
        for (Body row : rows) {
            Write write = row(row);
            if (!named.add("key " + write.key()) || write.id() != null && !named.add("id " + write.id())) {
                throw row.bad("key");
            }
            writes.add(write);
        }
        return new BatchRequest(fence, writes);
    }

    private static Write row(Body row) {
        String kind = row.text("do");
        if (!KINDS.contains(kind)) {
            throw row.bad("do");
        }
        Write.Kind what = Write.Kind.valueOf(kind.toUpperCase(Locale.ROOT));
        String key = row.text("key");
        if (key.isBlank() || key.length() > LONGEST_KEY || key.indexOf('\0') >= 0) {
            throw row.bad("key");
        }
        return new Write(what, row.optionalText("id"), key, content(row, what, key), attributes(row, "firstAttributes"),
                row.optionalTexts("requiredActions"), row.optionalFlag("enabled", true),
                row.optionalFlag("forget"));
    }

    /** Who is only closed or deleted needs no content. */
    private static Content content(Body row, Write.Kind what, String key) {
        if ((what == Write.Kind.DISABLE || what == Write.Kind.DELETE) && row.optionalText("username") == null) {
            return null;
        }
        String username = row.text("username");
        if (username.isBlank()) {
            throw row.bad("username");
        }
        return Content.of(key, row.text("digest"), username, row.optionalText("email"), row.text("firstName"),
                row.text("lastName"), attributes(row, "attributes"));
    }

    private static Map<String, List<String>> attributes(Body row, String field) {
        Map<String, List<String>> attributes = row.textsByName(field);
        attributes.forEach((name, values) -> {
            if (name.isBlank() || RESERVED.contains(name)) {
                throw row.bad(field + "." + name);
            }
        });
        return attributes;
    }
}
