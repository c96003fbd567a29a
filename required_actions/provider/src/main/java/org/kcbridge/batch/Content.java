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
 * @param email null for none
 * @param attributes those the sync owns, its mark and digest among them
 */
public record Content(String username, String email, String firstName, String lastName,
        Map<String, List<String>> attributes) {

    public static final String DIGEST_ATTRIBUTE = "kcbDigest";

    public static Content of(String key, String digest, String username, String email, String firstName,
            String lastName, Map<String, List<String>> attributes) {
        Map<String, List<String>> all = new LinkedHashMap<>(attributes);
        all.put(Ownership.KEY_ATTRIBUTE, List.of(key));
        all.put(DIGEST_ATTRIBUTE, List.of(digest));
        // Keycloak keeps both in lower case.
        return new Content(KeycloakModelUtils.toLowerCaseSafe(username), blankToNull(
                KeycloakModelUtils.toLowerCaseSafe(email)), firstName, lastName, all);
    }

    /** Every text in it, for a look at the characters. */
    Stream<String> texts() {
        return Stream.concat(Stream.of(username, email == null ? "" : email, firstName, lastName),
                attributes.entrySet().stream().flatMap(e -> Stream.concat(Stream.of(e.getKey()), e.getValue().stream())));
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
        return username.equals(user.getUsername()) && same(email, user.getEmail())
                && same(firstName, user.getFirstName()) && same(lastName, user.getLastName())
                && attributes.entrySet().stream().allMatch(e -> has(user, e.getKey(), e.getValue()));
    }

    /** Names of what cannot be read from the user. */
    String lost(UserModel user) {
        Stream<String> attributes = this.attributes.entrySet().stream()
                .filter(e -> !has(user, e.getKey(), e.getValue())).map(Map.Entry::getKey);
        Stream<String> columns = Stream.of(
                        username.equals(user.getUsername()) ? null : UserModel.USERNAME,
                        same(email, user.getEmail()) ? null : UserModel.EMAIL,
                        same(firstName, user.getFirstName()) ? null : UserModel.FIRST_NAME,
                        same(lastName, user.getLastName()) ? null : UserModel.LAST_NAME)
                .filter(Objects::nonNull);
        return Stream.concat(columns, attributes).sorted().collect(Collectors.joining(", "));
    }

    private static boolean has(UserModel user, String name, List<String> values) {
        List<String> present = user.getAttributeStream(name).toList();
        return present.size() == values.size()
                && (present.equals(values) || present.stream().sorted().toList().equals(values.stream().sorted().toList()));
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
