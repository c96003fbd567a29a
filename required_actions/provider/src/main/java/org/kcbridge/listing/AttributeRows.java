package org.kcbridge.listing;

import jakarta.persistence.EntityManager;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.hibernate.Session;
import org.keycloak.connections.jpa.util.JpaUtils;

/**
 * Attributes of many users, by JDBC: with ten rows and more a user, what JPA makes of each would be most of the work of a
 * whole listing.
 */
final class AttributeRows {

    /** Rows a driver holds at once, where it can. */
    private static final int FETCH = 5_000;

    /** Ids of one query; the least of what databases take is 1,000. */
    private static final int IDS = 500;

    private final EntityManager em;
    private final Names names;
    private final String query;

    AttributeRows(EntityManager em, Names names) {
        this.em = em;
        this.names = names;
        this.query = "select a.USER_ID, a.NAME, a.VALUE, a.LONG_VALUE from "
                + JpaUtils.getTableNameForNativeQuery("USER_ATTRIBUTE", em) + " a where a.NAME in ("
                + marks(names.count()) + ") and ";
    }

    /**
     * By a range of ids, which other realms' users may be in too: cheaper than to look at each one's realm.
     *
     * @param values of the users to read, in the places of the names, by their ids; filled in
     */
    void between(String from, String to, Map<String, String[][]> values) {
        read("a.USER_ID > ? and a.USER_ID <= ?", List.of(from, to), values);
    }

    /** @param values of the users to read, in the places of the names, by their ids; filled in */
    void of(Map<String, String[][]> values) {
        List<String> ids = List.copyOf(values.keySet());
        for (int start = 0; start < ids.size(); start += IDS) {
            List<String> some = ids.subList(start, Math.min(ids.size(), start + IDS));
            read("a.USER_ID in (" + marks(some.size()) + ")", some, values);
        }
    }

    private void read(String users, List<String> ids, Map<String, String[][]> values) {
        em.unwrap(Session.class).doWork(connection -> read(connection, query + users, ids, values));
    }

    private void read(Connection connection, String sql, List<String> ids, Map<String, String[][]> values)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int position = 1;
            for (String name : names.all()) {
                statement.setString(position++, name);
            }
            for (String id : ids) {
                statement.setString(position++, id);
            }
            statement.setFetchSize(FETCH);
            try (ResultSet rows = statement.executeQuery()) {
                fill(rows, values);
            }
        }
    }

    private void fill(ResultSet rows, Map<String, String[][]> values) throws SQLException {
        String last = null;
        String[][] user = null;
        while (rows.next()) {
            String id = rows.getString(1);
            if (!id.equals(last)) { // a user's rows are mostly neighbours
                last = id;
                user = values.get(id);
            }
            Integer place = user == null ? null : names.place(rows.getString(2));
            if (place != null) {
                String value = rows.getString(3);
                add(user, place, value == null ? rows.getString(4) : value);
            }
        }
    }

    private static void add(String[][] user, int place, String value) {
        if (value == null) {
            return;
        }
        String[] before = user[place];
        if (before == null) {
            user[place] = new String[] {value};
        } else {
            user[place] = Arrays.copyOf(before, before.length + 1);
            user[place][before.length] = value;
        }
    }

    private static String marks(int count) {
        return String.join(",", Collections.nCopies(count, "?"));
    }
}
