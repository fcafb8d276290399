// SPDX-License-Identifier: Apache-2.0
// Runs the source task of MongoDB's Kafka connector as a Kafka Connect worker does, until it is
// told to stop. The "topic" is standard output, and an offset counts as committed when its record
// is written there; the last one of each partition lies in the file `offset.file` of the properties.

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.mongodb.kafka.connect.MongoSourceConnector;
import com.mongodb.kafka.connect.source.MongoSourceTask;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;

public final class KafkaRunner {
    private static volatile boolean stopping = false;

    public static void main(String[] args) throws Exception {
        Report report = new Report();
        Properties properties = Report.properties(args[0]);
        FileOffsets offsets = new FileOffsets(new File((String) properties.remove("offset.file")));
        Map<String, String> config = taskConfig(properties);
        MongoSourceTask task = new MongoSourceTask();
        task.initialize(context(config, offsets));
        Report.whenToldToStop(() -> stopping = true);
        Throwable error = null;
        try {
            task.start(config);
            while (!stopping) {
                deliver(task, report, offsets);
            }
        } catch (Exception e) {
            error = e;
        }
        task.stop();
        report.stopped(error);
        System.exit(0);
    }

    /** The connector's own way from its properties to those of its one task. */
    private static Map<String, String> taskConfig(Properties properties) {
        Map<String, String> config = new HashMap<>();
        properties.forEach((key, value) -> config.put((String) key, (String) value));
        MongoSourceConnector connector = new MongoSourceConnector();
        connector.start(config);
        return connector.taskConfigs(1).get(0);
    }

    private static void deliver(MongoSourceTask task, Report report, FileOffsets offsets)
            throws Exception {
        List<SourceRecord> records = task.poll();
        if (records == null) {
            return;
        }
        for (SourceRecord record : records) {
            report.record(record.topic(), record.key(), record.value(), record.sourceOffset());
            offsets.commit(record.sourcePartition(), record.sourceOffset());
            task.commitRecord(record, null);
        }
        task.commit();
    }

    private static SourceTaskContext context(Map<String, String> config, FileOffsets offsets) {
        return new SourceTaskContext() {
            @Override
            public Map<String, String> configs() {
                return config;
            }

            @Override
            public OffsetStorageReader offsetStorageReader() {
                return offsets;
            }
        };
    }

    /** Offsets by partition, in a file that is replaced as a whole. */
    private static final class FileOffsets implements OffsetStorageReader {
        private static final ObjectMapper JSON = new ObjectMapper();
        private final File file;

        FileOffsets(File file) {
            this.file = file;
        }

        void commit(Map<String, ?> partition, Map<String, ?> offset) throws IOException {
            Map<String, Map<String, Object>> all = load();
            all.put(JSON.writeValueAsString(partition), new HashMap<>(offset));
            Path next = Path.of(file + ".next");
            JSON.writeValue(next.toFile(), all);
            Files.move(next, file.toPath(), StandardCopyOption.ATOMIC_MOVE);
        }

        @Override
        public <T> Map<String, Object> offset(Map<String, T> partition) {
            try {
                return load().get(JSON.writeValueAsString(partition));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public <T> Map<Map<String, T>, Map<String, Object>> offsets(
                Collection<Map<String, T>> partitions) {
            Map<Map<String, T>, Map<String, Object>> found = new HashMap<>();
            partitions.forEach(partition -> found.put(partition, offset(partition)));
            return found;
        }

        private Map<String, Map<String, Object>> load() throws IOException {
            return file.exists() ? JSON.readValue(file, new TypeReference<>() { }) : new HashMap<>();
        }
    }
}
