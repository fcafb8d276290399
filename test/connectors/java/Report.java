// SPDX-License-Identifier: Apache-2.0
// What a runner tells the test that started it: one JSON object a line on standard output; and
// when it is told to stop: by the end of standard input.

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

final class Report {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final PrintStream out = System.out;

    /** Libraries that print do not disturb the lines: from now on they print to standard error. */
    Report() {
        System.setOut(System.err);
    }

    void record(String topic, Object key, Object value, Map<String, ?> offset) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("topic", topic);
        line.put("key", key);
        line.put("value", value);
        line.put("offset", offset);
        line(line);
    }

    /** The last line. The error is null when the connector ended because it was told to. */
    void stopped(Throwable error) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("stopped", true);
        line.put("error", error == null ? null : causes(error));
        line(line);
    }

    private synchronized void line(Map<String, Object> line) throws IOException {
        out.println(JSON.writeValueAsString(line));
        out.flush();
    }

    private static String causes(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : ": ").append(cause);
        }
        return text.toString();
    }

    static Properties properties(String path) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = new FileInputStream(path)) {
            properties.load(in);
        }
        return properties;
    }

    /** Runs the action on a thread of its own when standard input ends. */
    static void whenToldToStop(Runnable stop) {
        Thread reader = new Thread(() -> {
            try {
                while (System.in.read() != -1) { }
            } catch (IOException e) {
                // An input that breaks has ended too.
            }
            stop.run();
        });
        reader.setDaemon(true);
        reader.start();
    }
}
