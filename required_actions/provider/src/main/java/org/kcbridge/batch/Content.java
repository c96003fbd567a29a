package org.kcbridge.batch;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kcbridge.login.Ownership;
import org.keycloak.models.UserModel;
import org.keycloak.models.utils.KeycloakModelUtils;

/**
 * What the sync says of a user at every write.
 *
 * @param email null for none, as the names
 * @param attributes those the sync owns, its mark and digest among them
 */
public record Content(String username, String email, String firstName, String lastName,
        Map<String, List<String>> attributes) {

    public static final String DIGEST_ATTRIBUTE = "kcbDigest";

    public static Content of(String key, String digest, String username, String email, String firstName,
            String lastName, Map<String, List<String>> attributes) {
        Map<String, List<String>> all = new LinkedHashMap<>();
        attributes.forEach((name, values) -> all.put(name, values.stream().filter(value -> !value.isBlank()).toList()));
        all.put(Ownership.KEY_ATTRIBUTE, List.of(key));
        all.put(DIGEST_ATTRIBUTE, List.of(digest));
        // As Keycloak keeps them: both in lower case, and nothing blank.
        return new Content(KeycloakModelUtils.toLowerCaseSafe(username),
                blankToNull(KeycloakModelUtils.toLowerCaseSafe(email)), blankToNull(firstName), blankToNull(lastName),
                all);
    }

    /** Whether a database could keep it: PostgreSQL takes no NUL, and would refuse the whole chunk for it. */
    boolean isStorable() {
        return isStorable(username) && isStorable(email) && isStorable(firstName) && isStorable(lastName)
                && areStorable(attributes);
    }

    static boolean areStorable(Map<String, List<String>> attributes) {
        for (Map.Entry<String, List<String>> attribute : attributes.entrySet()) {
            if (!isStorable(attribute.getKey()) || !attribute.getValue().stream().allMatch(Content::isStorable)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isStorable(String text) {
        return text == null || text.indexOf('\0') < 0;
    }

    /** As the user profile takes it: everything the user has, ours in the place of what was there. */
    Map<String, List<String>> over(Map<String, List<String>> present) {
        Map<String, List<String>> merged = new HashMap<>(present);
        merged.put(UserModel.USERNAME, List.of(username));
        merged.put(UserModel.EMAIL, asList(email));
        merged.put(UserModel.FIRST_NAME, asList(firstName));
        merged.put(UserModel.LAST_NAME, asList(lastName));
        attributes.forEach((name, values) -> {
            if (values.isEmpty()) {
                merged.remove(name);
            } else {
                merged.put(name, values);
            }
        });
        return merged;
    }

    /** Whether the user is as the sync wants it, whatever else may be said of it. */
    boolean isOn(UserModel user) {
        return user.isEmailVerified() && isTaken(user);
    }

    /** Whether all of it can be read from the user; the order of values does not count. */
    boolean isTaken(UserModel user) {
        if (!username.equals(user.getUsername()) || !same(email, user.getEmail())
                || !same(firstName, user.getFirstName()) || !same(lastName, user.getLastName())) {
            return false;
        }
        Map<String, List<String>> present = user.getAttributes();
        return attributes.entrySet().stream().allMatch(e -> isSame(present.get(e.getKey()), e.getValue()));
    }

    /** Names of what cannot be read from the user. */
    String lost(UserModel user) {
        Map<String, List<String>> present = user.getAttributes();
        Stream<String> attributes = this.attributes.entrySet().stream()
                .filter(e -> !isSame(present.get(e.getKey()), e.getValue())).map(Map.Entry::getKey);
        Stream<String> columns = Stream.of(
                        username.equals(user.getUsername()) ? null : UserModel.USERNAME,
                        same(email, user.getEmail()) ? null : UserModel.EMAIL,
                        same(firstName, user.getFirstName()) ? null : UserModel.FIRST_NAME,
                        same(lastName, user.getLastName()) ? null : UserModel.LAST_NAME)
                .filter(Objects::nonNull);
        return Stream.concat(columns, attributes).sorted().collect(Collectors.joining(", "));
    }

    /** The order of values does not count. */
    private static boolean isSame(List<String> present, List<String> wanted) {
        if (present == null || present.size() != wanted.size()) {
            return present == null && wanted.isEmpty();
        }
        return present.equals(wanted) || present.size() > 1
                && present.stream().sorted().toList().equals(wanted.stream().sorted().toList());
    }

    private static boolean same(String wanted, String present) {
        return (wanted == null ? "" : wanted).equals(present == null ? "" : present);
    }

    private static List<String> asList(String text) {
        return text == null ? List.of() : List.of(text);
    }

    private static String blankToNull(String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
